// How differently two clouds of points are distributed.

import { type Tensor, exp, matmul, scope, tensor } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";

/** Widths of the kernel, from about that of the curve to that of the spiral. */
const WIDTHS = [0.1, 0.3, 1];

/** The mean of k(x, y) = Σ_σ exp(−‖x − y‖² / 2σ²) over all pairs. */
function meanKernel(x: Tensor, y: Tensor): Tensor {
  const squares = (points: Tensor): Tensor => points.square().sum([1], { keepDims: true });
  const products = matmul(x, y, { transposeB: true });
  const distances = squares(x).add(squares(y).transpose()).sub(products.mul(2)).maximum(0);
  const kernels = WIDTHS.map((width) => exp(distances.mul(-0.5 / width ** 2)).mean());
  return kernels.reduce((sum, kernel) => sum.add(kernel));
}

/**
 * The squared maximum mean discrepancy of two sets of n points, its biased estimate: of two sets from one
 * distribution it is about 2 (k(0) − mean k) / n.
 *
 * @see Gretton et al. 2012, A Kernel Two-Sample Test, eq. 5.
 */
export async function discrepancy(first: HostArray, second: HostArray): Promise<number> {
  const mmd = scope(() => {
    const [x, y] = [first, second].map(({ data, shape }) => tensor(data, { shape })) as [
      ...[Tensor, Tensor],
    ];
    return meanKernel(x, x).add(meanKernel(y, y)).sub(meanKernel(x, y).mul(2));
  });
  const value = await mmd.item();
  mmd.dispose();
  return value;
}
