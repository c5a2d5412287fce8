// The Huber loss: a square near 0, a straight line further out.

import { mul, sub } from "../ops/binary.ts";
import { abs, clip } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type LossOptions,
  reduceLoss,
  requirePositive,
  requireSameShape,
} from "./lossReduction.ts";

/** Options of `huberLoss`. */
export interface HuberLossOptions extends LossOptions {
  /** δ: where the square ends. Default 1. */
  readonly delta?: number;
}

/**
 * With e = |predictions − targets| and c = min(e, δ):
 *
 *   ½ e² for e ≤ δ, δ·(e − ½ δ) beyond; both are c·(e − ½ c).
 *
 * @throws {ShapeError} if the shapes differ.
 * @throws {UsageError} unless δ is positive.
 * @see Huber 1964, Robust Estimation of a Location Parameter.
 */
export function huberLoss(
  predictions: Tensor,
  targets: Tensor,
  options: HuberLossOptions = {},
): Tensor {
  const { delta = 1 } = options;
  requireSameShape("huberLoss", predictions, targets);
  requirePositive("huberLoss", "delta", delta);
  const error = abs(sub(predictions, targets));
  const inner = clip(error, { max: delta });
  return reduceLoss(mul(inner, sub(error, mul(inner, 0.5))), options);
}

/** Options of `smoothL1Loss`. */
export interface SmoothL1LossOptions extends LossOptions {
  /** β: where the square ends. Default 1. */
  readonly beta?: number;
}

/**
 * `huberLoss` over β: ½ e²/β for e ≤ β, e − ½ β beyond.
 *
 * @see Girshick 2015, Fast R-CNN, §2.3.
 */
export function smoothL1Loss(
  predictions: Tensor,
  targets: Tensor,
  options: SmoothL1LossOptions = {},
): Tensor {
  const { beta = 1, ...rest } = options;
  requirePositive("smoothL1Loss", "beta", beta);
  return mul(huberLoss(predictions, targets, { ...rest, delta: beta }), 1 / beta);
}
