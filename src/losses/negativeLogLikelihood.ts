// Negative log-likelihood of classes whose log-probabilities are known.

import { takeAlongAxis } from "../ops/elements.ts";
import { neg } from "../ops/unary.ts";
import { cast } from "../ops/cast.ts";
import { expandDims, squeeze } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type ClassLossOptions,
  dropIgnored,
  keepLabels,
  reduceClassLoss,
  requireWeights,
  weigh,
} from "./classWeighting.ts";
import { requireLabels } from "./lossReduction.ts";

/**
 * lossₙ = −w[labelsₙ] · logProbabilitiesₙ[labelsₙ]; the mean divides by Σₙ w[labelsₙ].
 *
 * `crossEntropy` does this and the softmax in one.
 *
 * @param logProbabilities  `[…, classes]` f32.
 * @param labels            `[…]` i32 or u32 in `[0, classes)`; one outside, other than `ignoreIndex`,
 *                          counts as a log-probability of 0.
 * @throws {ShapeError} if there is not one label per row, or the weights are not `[classes]`.
 */
export function negativeLogLikelihood(
  logProbabilities: Tensor,
  labels: Tensor,
  options: ClassLossOptions = {},
): Tensor {
  requireLabels("negativeLogLikelihood", logProbabilities, labels);
  requireWeights("negativeLogLikelihood", logProbabilities, options.classWeights);
  const kept = keepLabels(labels, options);
  const ids = expandDims(cast(kept.labels, "i32"), -1);
  const picked = neg(squeeze(takeAlongAxis(logProbabilities, ids), [-1]));
  const loss = weigh(picked, kept, options.classWeights);
  return reduceClassLoss(dropIgnored(loss, kept), kept, options);
}
