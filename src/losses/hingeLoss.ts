// Margin losses: binary and of many classes.

import { add, equal, mul, sub } from "../ops/binary.ts";
import { relu } from "../ops/activations.ts";
import { arange } from "../ops/creation.ts";
import { cast } from "../ops/cast.ts";
import { sum } from "../ops/sum.ts";
import { square } from "../ops/unary.ts";
import { takeAlongAxis } from "../ops/elements.ts";
import { expandDims } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss, requireLabels, requireSameShape } from "./lossReduction.ts";

/** Options of the margin losses. */
export interface MarginOptions extends LossOptions {
  /** Default 1. */
  readonly margin?: number;
}

/**
 * max(0, margin − y·x).
 *
 * @param predictions  x, f32.
 * @param targets      y ∈ {−1, 1}, f32 of the same shape.
 * @throws {ShapeError} if the shapes differ.
 * @see Cortes & Vapnik 1995, Support-vector networks.
 */
export function hingeLoss(
  predictions: Tensor,
  targets: Tensor,
  options: MarginOptions = {},
): Tensor {
  requireSameShape("hingeLoss", predictions, targets);
  const { margin = 1 } = options;
  return reduceLoss(relu(sub(margin, mul(predictions, targets))), options);
}

/** Options of `multiMarginLoss`. */
export interface MultiMarginOptions extends MarginOptions {
  /** Exponent of each class's excess. Default 1. */
  readonly power?: 1 | 2;
}

/**
 * lossₙ = (1/classes) Σ_{c ≠ labelₙ} max(0, margin − scoresₙ[labelₙ] + scoresₙ[c])ᵖ.
 *
 * @param scores  `[…, classes]` f32.
 * @param labels  `[…]` i32 or u32 in `[0, classes)`; one outside counts as a score of 0.
 * @throws {ShapeError} if there is not one label per row.
 * @see Crammer & Singer 2001, On the Algorithmic Implementation of Multiclass Kernel-based Vector
 *      Machines.
 */
export function multiMarginLoss(
  scores: Tensor,
  labels: Tensor,
  options: MultiMarginOptions = {},
): Tensor {
  requireLabels("multiMarginLoss", scores, labels);
  const { margin = 1, power = 1 } = options;
  const classes = scores.shape.at(-1) as number;
  const ids = expandDims(cast(labels, "i32"), -1);
  const excess = relu(add(sub(scores, takeAlongAxis(scores, ids)), margin));
  const terms = power === 2 ? square(excess) : excess;
  const others = where(equal(ids, arange(0, classes, 1, "i32")), 0, terms);
  return reduceLoss(mul(sum(others, -1), 1 / classes), options);
}
