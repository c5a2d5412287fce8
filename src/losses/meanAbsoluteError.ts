// Mean absolute error.

import { sub } from "../ops/binary.ts";
import { abs } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss, requireSameShape } from "./lossReduction.ts";

/**
 * (1/n) Σ |predictions − targets| over all elements. The gradient where both are equal is 0.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export function meanAbsoluteError(
  predictions: Tensor,
  targets: Tensor,
  options: LossOptions = {},
): Tensor {
  requireSameShape("meanAbsoluteError", predictions, targets);
  return reduceLoss(abs(sub(predictions, targets)), options);
}
