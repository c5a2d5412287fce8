// Numbers in [0, 1] with the distribution Beta(α, α), without rejection.

import { add, div, maximum, minimum, mul, sub } from "../ops/binary.ts";
import type { Generator } from "../ops/random.ts";
import { sigmoid } from "../ops/activations.ts";
import { cos, exp, log, sqrt } from "../ops/unary.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Beta(α, α) from two uniform numbers, and for small α from four.
 *
 *   α > ½:  ½ + ½ cos(2πV) √(1 − U^(2 / (2α − 1)))
 *   else:   logit x = logit b + (ln U − ln V) / α,  b ~ Beta(α + 1, α + 1)
 *
 * The second holds since Gamma(α) is Gamma(α + 1) times U^(1/α), and b does not depend on their sum.
 *
 * @see Ulrich 1984, Computer Generation of Distributions on the M-Sphere; Devroye 1986, Non-Uniform Random
 *      Variate Generation, chapter IX.
 */
export function symmetricBeta(generator: Generator, shape: Shape, alpha: number): Tensor {
  // In (0, 1], so that there is a logarithm.
  const logarithm = (): Tensor => log(sub(1, generator.uniform(shape)));
  const ulrich = (a: number): Tensor => {
    const radius = sqrt(sub(1, exp(mul(logarithm(), 2 / (2 * a - 1)))));
    const direction = cos(generator.uniform(shape, 0, 2 * Math.PI));
    return add(mul(mul(radius, direction), 0.5), 0.5);
  };
  if (alpha > 0.5) return ulrich(alpha);
  const b = maximum(minimum(ulrich(alpha + 1), 1 - 1e-6), 1e-6);
  const logit = sub(log(b), log(sub(1, b)));
  return sigmoid(add(logit, div(sub(logarithm(), logarithm()), alpha)));
}
