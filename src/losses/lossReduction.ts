// What losses share: the reduction, and the check that two shapes agree.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { mean, sum } from "../ops/sum.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How a loss per example becomes the result. */
export interface LossOptions {
  /** Default "mean". */
  readonly reduction?: "mean" | "sum" | "none";
}

/** Applies the reduction of a loss. */
export function reduceLoss(perExample: Tensor, options: LossOptions): Tensor {
  const { reduction = "mean" } = options;
  if (reduction === "none") return perExample;
  return reduction === "sum" ? sum(perExample) : mean(perExample);
}

/** Sums over all axes but the first: `[batch, …]` to `[batch]`. */
export function sumPerExample(terms: Tensor): Tensor {
  const axes = terms.shape.slice(1).map((_, i) => i + 1);
  return sum(terms, axes);
}

/** @throws {ShapeError} unless both have one shape: broadcasting here is almost always a mistake. */
export function requireSameShape(
  op: string,
  first: Tensor,
  second: Tensor,
  names: readonly [string, string] = ["predictions", "targets"],
): void {
  if (sameShape(first.shape, second.shape)) return;
  throw new ShapeError(op, `${names[0]} and ${names[1]} must have the same shape`, {
    got: `${shapeText(first.shape)} and ${shapeText(second.shape)}`,
    remedy: "Reshape one of them.",
  });
}

/** @throws {ShapeError} unless there is one i32 or u32 label per row of scores. */
export function requireLabels(op: string, scores: Tensor, labels: Tensor): void {
  if (labels.dtype !== "i32" && labels.dtype !== "u32") {
    const remedy = 'Make the labels "i32".';
    throw new UsageError(op, "labels must be class indices", { got: labels.dtype, remedy });
  }
  if (scores.rank > 0 && sameShape(labels.shape, scores.shape.slice(0, -1))) return;
  throw new ShapeError(op, "there must be one label per row of scores", {
    got: `scores ${shapeText(scores.shape)} and labels ${shapeText(labels.shape)}`,
    remedy: "Pass class indices, not one-hot rows.",
  });
}

/** @throws {UsageError} unless `value` is a positive number. */
export function requirePositive(op: string, name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new UsageError(op, `${name} must be a positive number`, { got: `${value}` });
}
