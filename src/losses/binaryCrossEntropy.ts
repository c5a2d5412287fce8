// Cross-entropy of yes-or-no targets.

import { softplus } from "../ops/activations.ts";
import { add, equal, mul, sub } from "../ops/binary.ts";
import { log, log1p, neg } from "../ops/unary.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss, requireSameShape } from "./lossReduction.ts";

/** What log 0 counts as, so that the loss stays finite; other numbers have logarithms above it. */
const LOG_OF_ZERO = -100;

/** log x and log(1 − x); where they would be infinite, −100 and without a gradient. */
function logarithms(x: Tensor): [Tensor, Tensor] {
  const [isNone, isAll] = [equal(x, 0), equal(x, 1)];
  const yes = where(isNone, LOG_OF_ZERO, log(where(isNone, 1, x)));
  const no = where(isAll, LOG_OF_ZERO, log1p(neg(where(isAll, 0, x))));
  return [yes, no];
}

/**
 * −[y·log p + (1 − y)·log(1 − p)], with −100 for log 0.
 *
 * @param probabilities  p in [0, 1], f32. From logits, use `binaryCrossEntropyWithLogits`.
 * @param targets        y in [0, 1], f32 of the same shape.
 * @throws {ShapeError} if the shapes differ.
 */
export function binaryCrossEntropy(
  probabilities: Tensor,
  targets: Tensor,
  options: LossOptions = {},
): Tensor {
  requireSameShape("binaryCrossEntropy", probabilities, targets, ["probabilities", "targets"]);
  const [yes, no] = logarithms(probabilities);
  return reduceLoss(neg(add(mul(targets, yes), mul(sub(1, targets), no))), options);
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** How much a target of 1 counts: a tensor that broadcasts to the targets. Default 1. */
  readonly posWeight?: Tensor | number;
}

/**
 * Binary cross-entropy of σ(x), without overflow:
 *
 *   −[w·y·log σ(x) + (1 − y)·log(1 − σ(x))] = (1 − y)·x + (1 + (w − 1)·y)·softplus(−x)
 *
 * @param logits   x, f32.
 * @param targets  y in [0, 1], f32 of the same shape.
 * @throws {ShapeError} if the shapes differ.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  requireSameShape("binaryCrossEntropyWithLogits", logits, targets, ["logits", "targets"]);
  const { posWeight } = options;
  const tail = softplus(neg(logits));
  const no = mul(sub(1, targets), logits);
  if (posWeight === undefined) return reduceLoss(add(no, tail), options);
  const extra = typeof posWeight === "number" ? posWeight - 1 : sub(posWeight, 1);
  return reduceLoss(add(no, mul(add(mul(targets, extra), 1), tail)), options);
}
