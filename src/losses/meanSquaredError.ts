// Mean squared error.

import { sub } from "../ops/binary.ts";
import { square } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss, requireSameShape } from "./lossReduction.ts";

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
  requireSameShape("meanSquaredError", predictions, targets);
  return reduceLoss(square(sub(predictions, targets)), options);
}
