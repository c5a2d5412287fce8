// The objective that keeps a policy near the one that acted.

import { minimum, mul, sub } from "../ops/binary.ts";
import { mean } from "../ops/sum.ts";
import { clip, exp } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * mean(min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)) with ρ = exp(log π − log π_old): what is to be made large. Its
 * gradient is 0 where a ratio has already gone further than ε the way that its advantage points.
 *
 * @param logProbabilities  log π(a | s), `[R]`.
 * @param before            log π_old(a | s), `[R]`.
 * @param advantages        `[R]`.
 * @param range             ε.
 * @returns                 scalar.
 * @see Schulman et al. 2017, Proximal Policy Optimization Algorithms, equation 7.
 */
export function clippedObjective(
  logProbabilities: Tensor,
  before: Tensor,
  advantages: Tensor,
  range: number,
): Tensor {
  const ratio = exp(sub(logProbabilities, before));
  const clipped = clip(ratio, { min: 1 - range, max: 1 + range });
  return mean(minimum(mul(ratio, advantages), mul(clipped, advantages)));
}
