// Mean squared error.

import { ShapeError, shapeText } from "../errors.ts";
import { sub } from "../ops/binary.ts";
import { square } from "../ops/unary.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss } from "./crossEntropy.ts";

/**
 * (1/n) Σ (predictions − targets)² over all elements.
 *
 * @throws {ShapeError} if the shapes differ: broadcasting here is almost always a mistake.
 */
export function meanSquaredError(
  predictions: Tensor,
  targets: Tensor,
  options: LossOptions = {},
): Tensor {
  if (!sameShape(predictions.shape, targets.shape)) {
    throw new ShapeError("meanSquaredError", "predictions and targets must have the same shape", {
      got: `${shapeText(predictions.shape)} and ${shapeText(targets.shape)}`,
      remedy: "Reshape one of them.",
    });
  }
  return reduceLoss(square(sub(predictions, targets)), options);
}
