// What metrics of images share.

import { ShapeError, shapeText } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { MetricOptions } from "./metric.ts";
import { requireSameShape } from "./requirements.ts";

/** Options of metrics of images. */
export interface ImageOptions extends MetricOptions {
  /** L: the largest value less the smallest that a pixel can have; 255 for bytes. Default 1. */
  readonly dataRange?: number;
}

/** @throws {ShapeError} unless both are `[batch, height, width, channels]`. */
export function requireImages(op: string, predictions: Tensor, targets: Tensor): void {
  requireSameShape(op, predictions, targets);
  if (targets.rank === 4) return;
  throw new ShapeError(op, "images must be [batch, height, width, channels]", {
    got: shapeText(targets.shape),
    remedy: "Add the missing axes with expandDims().",
  });
}
