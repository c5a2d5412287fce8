// Sorted numbers: finding places in them, and counting.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { searchSorted as searchShader } from "../shaders/searchSorted.ts";
import { type DType, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { less, sub } from "./binary.ts";
import { arange } from "./creation.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { take } from "./elements.ts";
import { slice } from "./slice.ts";
import { argSort } from "./sort.ts";
import { contiguous, reshape } from "./views.ts";
import { where } from "./where.ts";

const searches = /* @__PURE__ */ new KernelFamily<"f32" | "f16" | "i32" | "u32">((scalar) => {
  return { shader: searchShader, prelude: `alias Scalar = ${scalar};` };
});

/** Every kernel of this file. */
export function segmentKernels(): Kernel[] {
  return searches.all(["f32", "f16", "i32", "u32"]);
}

const NUMERIC: readonly DType[] = ["f32", "f16", "i32", "u32"];

/**
 * Where values would go in a sorted vector, as i32: how many of its elements come before each.
 *
 * @param sorted   `[n]`, ascending; not checked.
 * @param values   any shape, of the dtype of `sorted`.
 * @param options  `side: "right"` counts equal elements too. Default "left".
 */
export function searchSorted(
  sorted: Tensor,
  values: Tensor,
  options: { readonly side?: "left" | "right" } = {},
): Tensor {
  requireDtype("searchSorted", sorted.dtype, NUMERIC);
  requireDtype("searchSorted", values.dtype, [sorted.dtype]);
  if (sorted.rank !== 1) {
    const got = shapeText(sorted.shape);
    throw new ShapeError("searchSorted", "sorted must be a vector", { got });
  }
  const y = Tensor.empty(values.shape, "i32");
  if (y.size === 0) return y;
  const [line, wanted] = [contiguous(sorted), contiguous(values)];
  const right = options.side === "right" ? 1 : 0;
  const params = [y.size, line.size, line.offset, wanted.offset, right];
  const kernel = searches.get(WGSL_TYPE[sorted.dtype]);
  device().dispatch(kernel, [line.block, wanted.block, y.block], params, ...gridOf(y.size));
  return y;
}

/**
 * How often each id in [0, length) occurs, as i32. Negative ids count from the end; others outside
 * are left out.
 */
export function binCount(ids: Tensor, length: number): Tensor {
  requireDtype("binCount", ids.dtype, ["i32", "u32"]);
  const flat = reshape(ids, [ids.size]);
  const signed = flat.dtype === "i32" ? where(less(flat, 0), flat.add(length), flat) : flat;
  const sorted = take(signed, argSort(signed), 0, true);
  const starts = searchSorted(sorted, arange(0, length + 1, 1, signed.dtype));
  return sub(slice(starts, [[1, length + 1]]), slice(starts, [[0, length]]));
}
