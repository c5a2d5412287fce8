// Kullback–Leibler divergence of Gaussians from the standard normal distribution.

import { add, mul, sub } from "../ops/binary.ts";
import { exp, square } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss, requireSameShape, sumPerExample } from "./lossReduction.ts";

/**
 * KL(N(μ, σ²) ‖ N(0, 1)) in nats, summed over each example:
 *
 *   ½ Σ (μ² + σ² − log σ² − 1)
 *
 * @param means         μ `[batch, …]` f32.
 * @param logVariances  log σ² of the same shape.
 * @returns             scalar, or `[batch]` with `reduction: "none"`.
 * @throws {ShapeError} if the shapes differ.
 * @see Kingma & Welling 2014, Auto-Encoding Variational Bayes, appendix B.
 */
export function gaussianKlDivergence(
  means: Tensor,
  logVariances: Tensor,
  options: LossOptions = {},
): Tensor {
  const names = ["means", "logVariances"] as const;
  requireSameShape("gaussianKlDivergence", means, logVariances, names);
  const terms = sub(add(square(means), exp(logVariances)), add(logVariances, 1));
  return reduceLoss(mul(sumPerExample(terms), 0.5), options);
}
