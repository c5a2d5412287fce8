// Class labels of a batch: checked by shape before GPU work, by value on the GPU.

import { DataError, ShapeError, shapeText } from "../errors.ts";
import { equal, greaterEqual, less, logicalAnd } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { isNaN } from "../ops/finite.ts";
import { any, argMax } from "../ops/reduce.ts";
import { logicalNot } from "../ops/unary.ts";
import { where } from "../ops/where.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { MetricOptions } from "./metric.ts";
import { requireChoice } from "./requirements.ts";

/** Options of metrics that compare with class labels. */
export interface LabelOptions extends MetricOptions {
  /** Examples with this label count nothing. Default: none. */
  readonly ignoreIndex?: number;
}

/** What scores of classes are. */
export type ScoreKind = "logits" | "probabilities";

/** @throws {UsageError} unless it is one of them. */
export function requireScoreKind(op: string, scores: string = "logits"): void {
  requireChoice(op, "scores", scores, ["logits", "probabilities"]);
}

/** @throws {DtypeError} unless scores are floats and labels whole numbers. */
export function requireLabelDtype(op: string, scores: Tensor, labels: Tensor): void {
  requireDtype(op, scores.dtype, ["f32", "f16"]);
  requireDtype(op, labels.dtype, ["i32", "u32"]);
}

/** @throws {ShapeError} unless there is a label per row of scores. @returns the number of classes. */
export function requireLabels(op: string, scores: Tensor, labels: Tensor): number {
  requireLabelDtype(op, scores, labels);
  if (scores.rank > 0 && sameShape(labels.shape, scores.shape.slice(0, -1))) {
    return scores.shape.at(-1) as number;
  }
  throw new ShapeError(op, "there must be one label per row of scores", {
    got: `scores ${shapeText(scores.shape)} and labels ${shapeText(labels.shape)}`,
    remedy: "Pass class indices, not one-hot rows.",
  });
}

/** Which labels of a batch count. */
export interface SortedLabels {
  /** i32, with class 0 for those that do not count: safe to look up. */
  readonly ids: Tensor;
  /** bool: those of a class. */
  readonly isCounted: Tensor;
  /** bool: those of no class that are not ignored either. */
  readonly isOutside: Tensor;
}

/** Tells the labels in `[0, classes)` from those to ignore and the others. */
export function sortLabels(labels: Tensor, classes: number, options: LabelOptions): SortedLabels {
  const { ignoreIndex } = options;
  const signed = cast(labels, "i32");
  const isInside = logicalAnd(greaterEqual(signed, 0), less(signed, classes));
  const isIgnored = ignoreIndex === undefined ? undefined : equal(signed, ignoreIndex);
  const isCounted = isIgnored ? logicalAnd(isInside, logicalNot(isIgnored)) : isInside;
  const isStrange = logicalNot(isInside);
  return {
    ids: where(isCounted, signed, 0),
    isCounted,
    isOutside: isIgnored ? logicalAnd(isStrange, logicalNot(isIgnored)) : isStrange,
  };
}

/** @throws {DataError} if labels have come that are no class: a metric would pass them over. */
export function requireInside(op: string, outside: number, classes: number): void {
  if (outside === 0) return;
  throw new DataError(op, `labels must be in [0, ${classes})`, {
    got: `${outside} outside`,
    remedy: "Number the classes from 0, or name the label to leave out: { ignoreIndex }.",
    outside,
  });
}

/** Stands for no class. */
const NO_CLASS = -(2 ** 31);

/** Index of the largest score per row, the first one at a tie; no class where a score is NaN. */
export function predictedClasses(scores: Tensor): Tensor {
  return where(any(isNaN(scores), -1), NO_CLASS, argMax(scores, -1));
}
