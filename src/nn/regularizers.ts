// Penalties on weights, to be added to a loss.

import { UsageError } from "../errors.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { zeros } from "../ops/creation.ts";
import { matmul } from "../ops/matmul.ts";
import { sum } from "../ops/sum.ts";
import { abs, square } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The penalty of some tensors, a scalar; 0 of none. */
export type Regularizer = (tensors: readonly Tensor[]) => Tensor;

function penalty(name: string, scale: number, of: (x: Tensor) => Tensor): Regularizer {
  if (!(scale >= 0)) throw new UsageError(name, "scale must be at least 0", { got: `${scale}` });
  return (tensors) => {
    const [first, ...rest] = tensors.map(of);
    return first === undefined
      ? zeros([])
      : mul(
          rest.reduce((a, b) => add(a, b), first),
          scale,
        );
  };
}

/** scale · Σ |w|. */
export function L1(scale: number): Regularizer {
  return penalty("L1", scale, (w) => sum(abs(w)));
}

/** scale · Σ w², without a half. */
export function L2(scale: number): Regularizer {
  return penalty("L2", scale, (w) => sum(square(w)));
}

/**
 * scale · Σ of the squares of WᵀW off its diagonal: columns that are orthogonal cost nothing. Axes before
 * the last are taken together.
 *
 * @see Brock et al. 2019, Large Scale GAN Training, section 3.1.
 */
export function OffDiagonalOrthogonal(scale: number): Regularizer {
  return penalty("OffDiagonalOrthogonal", scale, (w) => {
    if (w.rank < 2) {
      const got = `rank ${w.rank}`;
      throw new UsageError("OffDiagonalOrthogonal", "weights must be matrices at least", { got });
    }
    const matrix = reshape(w, [-1, w.shape.at(-1) as number]);
    const products = square(matmul(matrix, matrix, { transposeA: true }));
    return sub(sum(products), sum(square(sum(square(matrix), 0))));
  });
}
