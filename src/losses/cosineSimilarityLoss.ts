// Losses of the angle between vectors.

import { relu } from "../ops/activations.ts";
import { equal, mul, sub } from "../ops/binary.ts";
import { l2Normalize } from "../ops/statistics.ts";
import { sum } from "../ops/sum.ts";
import { where } from "../ops/where.ts";
import { ShapeError, shapeText } from "../errors.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss, requireSameShape } from "./lossReduction.ts";

const NAMES = ["a", "b"] as const;

/** a·b / (‖a‖ ‖b‖) along the last axis; norms count as at least 1e-8. */
function cosineSimilarity(a: Tensor, b: Tensor): Tensor {
  return sum(mul(l2Normalize(a, -1, 1e-8), l2Normalize(b, -1, 1e-8)), -1);
}

/**
 * The cosine distance 1 − a·b / (‖a‖ ‖b‖) along the last axis: 0 for one direction, 2 for opposite
 * ones.
 *
 * @param a  `[…, n]` f32.
 * @param b  of the same shape.
 * @returns  scalar, or `[…]` with `reduction: "none"`.
 * @throws {ShapeError} if the shapes differ.
 */
export function cosineSimilarityLoss(a: Tensor, b: Tensor, options: LossOptions = {}): Tensor {
  requireSameShape("cosineSimilarityLoss", a, b, NAMES);
  return reduceLoss(sub(1, cosineSimilarity(a, b)), options);
}

/** Options of `cosineEmbeddingLoss`. */
export interface CosineEmbeddingOptions extends LossOptions {
  /** How similar unlike pairs may be for nothing. Default 0. */
  readonly margin?: number;
}

/**
 * 1 − cos(a, b) where the pair is alike, max(0, cos(a, b) − margin) where it is not.
 *
 * @param a        `[…, n]` f32.
 * @param b        of the same shape.
 * @param targets  `[…]` f32 or i32: 1 for alike, −1 for unlike.
 * @throws {ShapeError} if the shapes do not agree.
 */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  targets: Tensor,
  options: CosineEmbeddingOptions = {},
): Tensor {
  requireSameShape("cosineEmbeddingLoss", a, b, NAMES);
  if (!sameShape(targets.shape, a.shape.slice(0, -1))) {
    throw new ShapeError("cosineEmbeddingLoss", "there must be one target per pair", {
      got: `a ${shapeText(a.shape)} and targets ${shapeText(targets.shape)}`,
    });
  }
  const similarity = cosineSimilarity(a, b);
  const unlike = relu(sub(similarity, options.margin ?? 0));
  return reduceLoss(where(equal(targets, 1), sub(1, similarity), unlike), options);
}
