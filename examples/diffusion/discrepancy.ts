// How differently two sets of points are distributed.

import { type Tensor, exp, matmul, scope, tensor } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";

/** The mean of k(x, y) = Σ_σ exp(−‖x − y‖² / 2σ²) over all pairs. */
function meanKernel(x: Tensor, y: Tensor, widths: readonly number[]): Tensor {
  const squares = (points: Tensor): Tensor => points.square().sum([1], { keepDims: true });
  const products = matmul(x, y, { transposeB: true });
  const distances = squares(x).add(squares(y).transpose()).sub(products.mul(2)).maximum(0);
  const kernels = widths.map((width) => exp(distances.mul(-0.5 / width ** 2)).mean());
  return kernels.reduce((sum, kernel) => sum.add(kernel));
}

/**
 * The squared maximum mean discrepancy of two sets of n points, its biased estimate: of two sets from one
 * distribution it is about 2 (k(0) − mean k) / n.
 *
 * @param widths  of the kernel, from about that of the finest parts to that of the whole.
 * @see Gretton et al. 2012, A Kernel Two-Sample Test, eq. 5.
 */
export async function discrepancy(
  first: HostArray,
  second: HostArray,
  widths: readonly number[],
): Promise<number> {
  const mmd = scope(() => {
    const [x, y] = [first, second].map(({ data, shape }) => tensor(data, { shape })) as [
      ...[Tensor, Tensor],
    ];
    const mean = (a: Tensor, b: Tensor): Tensor => meanKernel(a, b, widths);
    return mean(x, x).add(mean(y, y)).sub(mean(x, y).mul(2));
  });
  const value = await mmd.item();
  mmd.dispose();
  return value;
}
