// Cross-entropy of classes.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { add, mul } from "../ops/binary.ts";
import { logSoftmax, softmaxCrossEntropy } from "../ops/softmax.ts";
import { mean } from "../ops/sum.ts";
import { neg } from "../ops/unary.ts";
import { isFloat } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type ClassLossOptions,
  dropIgnored,
  keepLabels,
  reduceClassLoss,
  requireWeights,
  weigh,
} from "./classWeighting.ts";
import { reduceLoss, requireLabels } from "./lossReduction.ts";

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** α in [0, 1]: this part of the label's probability is spread over all classes. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Negative log-likelihood of `labels` under softmax(`logits`), in nats.
 *
 *   loss = −(1/N) Σₙ log softmax(logitsₙ)[labelsₙ]
 *
 * With probabilities qₙ for labels, smoothing α and class weights w it is
 *
 *   lossₙ = −Σ_c w_c · ((1 − α)·qₙ_c + α/classes) · log softmax(logitsₙ)_c,
 *
 * and with class indices the mean divides by Σₙ w[labelsₙ] over the examples that are not ignored
 * (0 if all are), as PyTorch does.
 *
 * @param logits  `[…, classes]` f32, unnormalised.
 * @param labels  `[…]` i32 or u32 in `[0, classes)`, or probabilities of the shape and dtype of logits.
 *                Indices are not checked on the GPU: the loss of one outside, other than
 *                `ignoreIndex`, is some number.
 * @returns       scalar, or `[…]` with `reduction: "none"`. Gradient flows to `logits`, to
 *                probabilities and to class weights.
 * @throws {ShapeError} if the labels have neither shape, or the weights are not `[classes]`.
 * @throws {UsageError} if `labelSmoothing` is outside [0, 1], or `ignoreIndex` meets probabilities.
 * @see Goodfellow et al. 2016, Deep Learning, §6.2.2.3; Szegedy et al. 2016, Rethinking the Inception
 *      Architecture, §7 (label smoothing).
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { labelSmoothing = 0, classWeights } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new UsageError("crossEntropy", "labelSmoothing must be in [0, 1]", {
      got: `${labelSmoothing}`,
    });
  }
  requireWeights("crossEntropy", logits, classWeights);
  return isFloat(labels.dtype)
    ? ofProbabilities(logits, labels, labelSmoothing, options)
    : ofIndices(logits, labels, labelSmoothing, options);
}

function ofIndices(
  logits: Tensor,
  given: Tensor,
  smoothing: number,
  options: CrossEntropyOptions,
): Tensor {
  requireLabels("crossEntropy", logits, given);
  const kept = keepLabels(given, options);
  let loss = weigh(softmaxCrossEntropy(logits, kept.labels), kept, options.classWeights);
  if (smoothing > 0) {
    const spread = neg(mean(weighed(logSoftmax(logits), options.classWeights), -1));
    loss = add(mul(loss, 1 - smoothing), mul(spread, smoothing));
  }
  return reduceClassLoss(dropIgnored(loss, kept), kept, options);
}

function ofProbabilities(
  logits: Tensor,
  probabilities: Tensor,
  smoothing: number,
  options: CrossEntropyOptions,
): Tensor {
  if (!sameShape(probabilities.shape, logits.shape)) {
    throw new ShapeError("crossEntropy", "probabilities must have the shape of the logits", {
      got: `logits ${shapeText(logits.shape)} and labels ${shapeText(probabilities.shape)}`,
      remedy: 'For class indices, make the labels "i32".',
    });
  }
  if (options.ignoreIndex !== undefined) {
    throw new UsageError("crossEntropy", "ignoreIndex is for class indices", {
      got: "labels that are probabilities",
      remedy: "Give the rows to leave out probabilities of 0.",
    });
  }
  const even = smoothing / (logits.shape.at(-1) as number);
  const q = smoothing > 0 ? add(mul(probabilities, 1 - smoothing), even) : probabilities;
  return reduceLoss(softmaxCrossEntropy(logits, weighed(q, options.classWeights)), options);
}

function weighed(terms: Tensor, weights: Tensor | undefined): Tensor {
  return weights === undefined ? terms : mul(terms, weights);
}
