// The triplet loss of embeddings.

import { relu } from "../ops/activations.ts";
import { add, minimum, sub } from "../ops/binary.ts";
import { norm } from "../ops/statistics.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss, requireSameShape } from "./lossReduction.ts";

/** Options of `tripletLoss`. */
export interface TripletLossOptions extends LossOptions {
  /** How much further away the negative must be. Default 1. */
  readonly margin?: number;
  /** Exponent of the norm that distances are measured by. Default 2. */
  readonly ord?: number;
  /** Takes the smaller of the negative's distances to the anchor and to the positive. Default false. */
  readonly swap?: boolean;
}

/** Added to each difference, as PyTorch does, so that equal vectors have a gradient. */
const EPSILON = 1e-6;

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), with d(a, b) = ‖a − b + 1e-6‖ along the
 * last axis.
 *
 * @param anchor    `[…, n]` f32.
 * @param positive  of the same shape: to be near.
 * @param negative  of the same shape: to be far.
 * @returns         scalar, or `[…]` with `reduction: "none"`.
 * @throws {ShapeError} if the shapes differ.
 * @see Schroff et al. 2015, FaceNet, §3.1; Balntas et al. 2016 (swap).
 */
export function tripletLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletLossOptions = {},
): Tensor {
  const { margin = 1, ord = 2, swap = false } = options;
  requireSameShape("tripletLoss", anchor, positive, ["anchor", "positive"]);
  requireSameShape("tripletLoss", anchor, negative, ["anchor", "negative"]);
  const distance = (a: Tensor, b: Tensor): Tensor => norm(add(sub(a, b), EPSILON), -1, { ord });
  const near = distance(anchor, positive);
  const direct = distance(anchor, negative);
  const far = swap ? minimum(direct, distance(positive, negative)) : direct;
  return reduceLoss(relu(add(sub(near, far), margin)), options);
}
