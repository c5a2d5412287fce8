// Distances between all rows of two sets, a block at a time.

import { relu } from "../ops/activations.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { matmul } from "../ops/matmul.ts";
import { slice } from "../ops/slice.ts";
import { mean, sum } from "../ops/sum.ts";
import { square } from "../ops/unary.ts";
import { expandDims } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Distances that are in memory at once. */
const BLOCK_SIZE = 2 ** 22;

/**
 * ‖aᵢ − bⱼ‖² as `[n, m]`, by ‖a‖² + ‖b‖² − 2·aᵀb. Its error grows with the norms: bring the rows near 0
 * first.
 */
export function squaredDistances(a: Tensor, b: Tensor): Tensor {
  const norms = (x: Tensor): Tensor => sum(square(x), -1);
  const products = matmul(a, b, { transposeB: true });
  const both = add(expandDims(norms(a), 1), norms(b));
  // Unlike maximum(), relu() keeps NaN.
  return relu(sub(both, mul(products, 2)));
}

/** Both sets less the mean of the second: distances stay what they are. */
export function centered(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const center = mean(b, 0);
  return [sub(a, center), sub(b, center)];
}

/**
 * Calls `visit` with the distances of some rows of `a` at a time to all rows of `b`.
 *
 * @param visit  `from` is the first of those rows; what it returns is kept.
 */
export function overBlocks(
  a: Tensor,
  b: Tensor,
  visit: (distances: Tensor, from: number) => Tensor,
): Tensor[] {
  const [n, m] = [a.shape[0] as number, b.shape[0] as number];
  const rows = Math.max(1, Math.floor(BLOCK_SIZE / m));
  const results: Tensor[] = [];
  for (let from = 0; from < n; from += rows) {
    const end = Math.min(from + rows, n);
    results.push(scope(() => visit(squaredDistances(slice(a, [[from, end]]), b), from)));
  }
  return results;
}
