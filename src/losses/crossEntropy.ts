// Cross-entropy of classes.

import { ShapeError, shapeText } from "../errors.ts";
import { mul } from "../ops/binary.ts";
import { logSoftmax, softmaxCrossEntropy } from "../ops/softmax.ts";
import { mean, sum } from "../ops/sum.ts";
import { isFloat } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sameShape } from "../tensor/shape.ts";

/** How a loss per example becomes the result. */
export interface LossOptions {
  /** Default "mean". */
  readonly reduction?: "mean" | "sum" | "none";
}

/** Applies the reduction of a loss. */
export function reduceLoss(perExample: Tensor, options: LossOptions): Tensor {
  const { reduction = "mean" } = options;
  if (reduction === "none") return perExample;
  return reduction === "sum" ? sum(perExample) : mean(perExample);
}

/**
 * Negative log-likelihood of `labels` under softmax(`logits`), in nats.
 *
 *   loss = −(1/N) Σₙ log softmax(logitsₙ)[labelsₙ]
 *
 * @param logits  `[…, classes]` f32, unnormalised.
 * @param labels  `[…]` i32 or u32 in `[0, classes)`, or probabilities of the shape and dtype of logits.
 * @returns       scalar, or `[…]` with `reduction: "none"`. Gradient flows to `logits` only, and to
 *                probabilities.
 * @throws {ShapeError} if the labels have neither shape.
 * @see Goodfellow et al. 2016, Deep Learning, §6.2.2.3.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: LossOptions = {}): Tensor {
  if (!isFloat(labels.dtype)) return reduceLoss(softmaxCrossEntropy(logits, labels), options);
  if (!sameShape(labels.shape, logits.shape)) {
    throw new ShapeError("crossEntropy", "probabilities must have the shape of the logits", {
      got: `logits ${shapeText(logits.shape)} and labels ${shapeText(labels.shape)}`,
      remedy: 'For class indices, make the labels "i32".',
    });
  }
  const perExample = mul(sum(mul(labels, logSoftmax(logits)), -1), -1);
  return reduceLoss(perExample, options);
}
