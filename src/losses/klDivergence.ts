// Kullback–Leibler divergence.

import { div, mul, sub, xlogy } from "../ops/binary.ts";
import { sum } from "../ops/sum.ts";
import { exp } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceLoss, requireSameShape } from "./lossReduction.ts";

/** Options of `klDivergence`. */
export interface KlDivergenceOptions {
  /**
   * "batchMean" divides the sum by the length of the first axis, which makes it the mean divergence
   * of the rows of a matrix; "mean" divides by all elements. Default "batchMean".
   */
  readonly reduction?: "batchMean" | "mean" | "sum" | "none";
  /** Whether `targets` are log-probabilities too. Default false. */
  readonly isLogTarget?: boolean;
}

/**
 * KL(q ‖ p) = Σ q·(log q − log p), where 0·log 0 is 0.
 *
 * @param logProbabilities  log p, f32.
 * @param targets           q of the same shape, or log q with `isLogTarget`.
 * @returns                 scalar, or the terms with `reduction: "none"`.
 * @throws {ShapeError} if the shapes differ.
 * @see Kullback & Leibler 1951, On Information and Sufficiency.
 */
export function klDivergence(
  logProbabilities: Tensor,
  targets: Tensor,
  options: KlDivergenceOptions = {},
): Tensor {
  const names = ["logProbabilities", "targets"] as const;
  requireSameShape("klDivergence", logProbabilities, targets, names);
  const { reduction = "batchMean", isLogTarget = false } = options;
  const terms = isLogTarget
    ? mul(exp(targets), sub(targets, logProbabilities))
    : sub(xlogy(targets, targets), mul(targets, logProbabilities));
  if (reduction !== "batchMean") return reduceLoss(terms, { reduction });
  return div(sum(terms), terms.shape[0] ?? 1);
}
