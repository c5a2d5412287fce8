// What a student minimises to say what a teacher says.

import { mul } from "../ops/binary.ts";
import { logSoftmax } from "../ops/softmax.ts";
import { sum } from "../ops/sum.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { klDivergence } from "./klDivergence.ts";
import {
  type LossOptions,
  reduceLoss,
  requirePositive,
  requireSameShape,
} from "./lossReduction.ts";

/** Options of `distillationLoss`. */
export interface DistillationLossOptions extends LossOptions {
  /** T: the higher, the more the small probabilities count. Default 4. */
  readonly temperature?: number;
}

/**
 * Divergence of a student's softened probabilities from a teacher's, in nats:
 *
 *   lossₙ = T² · KL(softmax(teacherₙ/T) ‖ softmax(logitsₙ/T))
 *
 * T² keeps gradients of one size whatever the temperature.
 *
 * @param logits   `[…, classes]` f32: the student's.
 * @param teacher  of the same shape. Gradients flow there too, unless stopped.
 * @returns        scalar, or `[…]` with `reduction: "none"`.
 * @throws {ShapeError} if the shapes differ.
 * @throws {UsageError} unless the temperature is positive.
 * @see Hinton et al. 2015, Distilling the Knowledge in a Neural Network, §2.
 */
export function distillationLoss(
  logits: Tensor,
  teacher: Tensor,
  options: DistillationLossOptions = {},
): Tensor {
  const { temperature = 4 } = options;
  requirePositive("distillationLoss", "temperature", temperature);
  requireSameShape("distillationLoss", logits, teacher, ["logits", "teacher"]);
  const softened = (x: Tensor): Tensor => logSoftmax(mul(x, 1 / temperature));
  const none = { reduction: "none", isLogTarget: true } as const;
  const terms = klDivergence(softened(logits), softened(teacher), none);
  return reduceLoss(mul(sum(terms, -1), temperature ** 2), options);
}
