// A penalty that keeps a discriminator's slope near a value.

import { ShapeError } from "../errors.ts";
import { grad } from "../ops/gradient.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { mean, sum } from "../ops/sum.ts";
import { sqrt, square } from "../ops/unary.ts";
import { stopGradient } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Options of `gradientPenalty`. */
export interface GradientPenaltyOptions {
  /** λ. Default 10. */
  readonly weight?: number;
  /** The slope that costs nothing. Default 1. */
  readonly target?: number;
  /** Draws the points. Default: the library's, which `setSeed` seeds. */
  readonly generator?: Generator;
}

/** From the scores of points, of the real ones and of generated ones, to a scalar. */
export type Penalty = (score: (x: Tensor) => Tensor, real: Tensor, fake: Tensor) => Tensor;

/**
 * λ mean (‖∇ₓ s(x)‖ − target)² at points x drawn uniformly from the lines between real and generated
 * examples, one each. Differentiates twice.
 *
 * @returns a function of the scores, `real [batch, …]` and `fake [batch, …]`.
 * @throws {ShapeError} there, unless real and fake have one shape.
 * @see Gulrajani et al. 2017, Improved Training of Wasserstein GANs, algorithm 1.
 */
export function gradientPenalty(options: GradientPenaltyOptions = {}): Penalty {
  const { weight = 10, target = 1, generator = defaultGenerator } = options;
  return (score, real, fake) => {
    if (real.shape.join() !== fake.shape.join()) {
      throw new ShapeError("gradientPenalty", "real and fake must have one shape", {
        got: `${real} and ${fake}`,
      });
    }
    const [batch = 0, ...rest] = real.shape;
    const at = generator.uniform([batch, ...rest.map(() => 1)]);
    const x = stopGradient(add(real, mul(sub(fake, real), at)));
    const [slope] = grad(() => sum(score(x)), [x]) as [Tensor];
    const axes = rest.map((_, i) => i + 1);
    // The root's own slope at 0 is infinite.
    const norm = sqrt(add(sum(square(slope), axes), 1e-12));
    return mul(mean(square(sub(norm, target))), weight);
  };
}
