// Checks that several metrics make before any GPU work.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** @throws {ShapeError} unless both have one shape: broadcasting here is almost always a mistake. */
export function requireSameShape(op: string, predictions: Tensor, targets: Tensor): void {
  if (sameShape(predictions.shape, targets.shape)) return;
  throw new ShapeError(op, "predictions and targets must have the same shape", {
    got: `${shapeText(predictions.shape)} and ${shapeText(targets.shape)}`,
    remedy: "Reshape one of them.",
  });
}

/** @throws {ShapeError} unless `x` is `[rows, columns]`, with as many columns as earlier rows. */
export function requireRows(op: string, x: Tensor, columns: number | undefined): void {
  const wanted = columns === undefined ? "columns" : `${columns}`;
  if (x.rank === 2 && (columns === undefined || x.shape[1] === columns)) return;
  throw new ShapeError(op, `rows must be [n, ${wanted}]`, {
    got: shapeText(x.shape),
    remedy: "All batches since reset() must have as many columns.",
  });
}

/** @throws {UsageError} unless `value` is a positive number. */
export function requirePositive(op: string, name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new UsageError(op, `${name} must be a positive number`, { got: `${value}` });
}

/** @throws {UsageError} unless `value` is a whole number from 1 on. */
export function requireCount(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new UsageError(op, `${name} must be a positive integer`, { got: `${value}` });
}

/** @throws {UsageError} unless `value` can be the index of a class. */
export function requireClass(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0) return;
  throw new UsageError(op, `${name} must be a class index`, { got: `${value}` });
}

/** @throws {UsageError} unless `value` is one of a few words. */
export function requireChoice(
  op: string,
  name: string,
  value: string,
  choices: readonly string[],
): void {
  if (choices.includes(value)) return;
  const rule = `${name} must be ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  throw new UsageError(op, rule, { got: String(value) });
}
