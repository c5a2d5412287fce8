// Where a mask is true, compacted without leaving the GPU.

import { requireDtype } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { arange, full } from "./creation.ts";
import { scatter } from "./elements.ts";
import { cumSum } from "./scan.ts";
import { sum } from "./sum.ts";
import { reshape } from "./views.ts";
import { where } from "./where.ts";

/** The places where a mask is true, and how many there are. */
export interface NonzeroResult {
  /** `[size]` i32: row-major places of the true elements in order, then `size` for the rest. */
  readonly indices: Tensor;
  /** i32 scalar. */
  readonly count: Tensor;
}

/**
 * Places of a mask's true elements. A result's shape cannot depend on values, so the list is as long
 * as the mask; what follows the first `count` places lies outside, where `gather` gives 0:
 *
 *     const { indices, count } = nonzero(mask);
 *     const rows = gather(x, indices);                              // the rest are zeros
 *     const exact = slice(rows, [[0, await count.item()]]);         // once the count is read
 *
 * @param mask  bool of any shape.
 */
export function nonzero(mask: Tensor): NonzeroResult {
  requireDtype("nonzero", mask.dtype, ["bool"]);
  const { size } = mask;
  const flat = reshape(mask, [size]);
  const hits = cast(flat, "i32");
  const count = sum(hits);
  // Element n goes to the number of true elements before it; the others leave the list.
  const targets = where(flat, sub(cumSum(hits, 0), 1), size);
  const indices = scatter(full([size], size, "i32"), targets, arange(0, size, 1, "i32"), {
    axis: 0,
  });
  return { indices, count };
}
