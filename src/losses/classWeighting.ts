// Losses of classes: weights per class, labels to leave out, and the weighted mean.

import { ShapeError, shapeText } from "../errors.ts";
import { div, equal, mul } from "../ops/binary.ts";
import { ones, zeros } from "../ops/creation.ts";
import { gather } from "../ops/gather.ts";
import { sum } from "../ops/sum.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss } from "./lossReduction.ts";

/** Options of losses with class labels. */
export interface ClassLossOptions extends LossOptions {
  /** `[classes]` f32: how much an example counts, by its label. Default 1 each. */
  readonly classWeights?: Tensor;
  /** Examples with this label count nothing. Default: none. */
  readonly ignoreIndex?: number;
}

/** @throws {ShapeError} unless the weights are one per class. */
export function requireWeights(op: string, scores: Tensor, weights: Tensor | undefined): void {
  const classes = scores.shape.at(-1) as number;
  if (weights === undefined || (weights.rank === 1 && weights.size === classes)) return;
  throw new ShapeError(op, "classWeights must have one entry per class", {
    got: `${shapeText(weights.shape)} for ${classes} classes`,
  });
}

/** Labels that are safe to look up, and where they are to be ignored. */
export interface KeptLabels {
  readonly labels: Tensor;
  readonly isIgnored: Tensor | undefined;
}

/** Replaces ignored labels by class 0: an index outside of the classes must not be looked up. */
export function keepLabels(labels: Tensor, { ignoreIndex }: ClassLossOptions): KeptLabels {
  if (ignoreIndex === undefined) return { labels, isIgnored: undefined };
  const isIgnored = equal(labels, ignoreIndex);
  return { labels: where(isIgnored, zeros([], labels.dtype), labels), isIgnored };
}

/** Zero where ignored. */
export function dropIgnored(loss: Tensor, { isIgnored }: KeptLabels): Tensor {
  return isIgnored === undefined ? loss : where(isIgnored, 0, loss);
}

/**
 * Reduces losses that are weighted already; the mean divides by the weights of the labels that count,
 *
 *   Σ lossₙ / Σ w[labelₙ],
 *
 * and is 0 if there are none.
 */
export function reduceClassLoss(loss: Tensor, kept: KeptLabels, options: ClassLossOptions): Tensor {
  const { reduction = "mean", classWeights } = options;
  const { labels, isIgnored } = kept;
  const isPlain = classWeights === undefined && isIgnored === undefined;
  if (reduction !== "mean" || isPlain) return reduceLoss(loss, options);
  const weights = classWeights === undefined ? ones(labels.shape) : gather(classWeights, labels);
  const total = sum(dropIgnored(weights, kept));
  return div(sum(loss), where(equal(total, 0), 1, total));
}

/** Each example's loss times the weight of its class. */
export function weigh(loss: Tensor, { labels }: KeptLabels, weights: Tensor | undefined): Tensor {
  return weights === undefined ? loss : mul(loss, gather(weights, labels));
}
