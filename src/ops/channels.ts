// Where channels are: kernels see [batch, depth, height, width, channels], callers what they like.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DataFormat } from "./convGeometry.ts";
import { reshape, transpose } from "./views.ts";

/** Data formats by the number of spatial axes. */
const FORMATS: readonly (readonly string[])[] = [
  [],
  ["NWC", "NCW"],
  ["NHWC", "NCHW"],
  ["NDHWC", "NCDHW"],
];

/** Whether a data format for `axes` spatial axes has the channels after the batch axis. */
export function isChannelsFirst(op: string, axes: number, format: DataFormat | undefined): boolean {
  const names = FORMATS[axes] ?? [];
  if (format === undefined || format === names[0]) return false;
  if (format === names[1]) return true;
  throw new UsageError(op, `dataFormat must be ${names.join(" or ")} for ${axes} spatial axes`, {
    got: JSON.stringify(format),
  });
}

/**
 * `x` as [batch, depth, height, width, channels], a view.
 *
 * @param axes  spatial axes of `x`, one to three.
 */
export function toVolume(op: string, x: Tensor, axes: number, format?: DataFormat): Tensor {
  const isFirst = isChannelsFirst(op, axes, format);
  if (x.rank !== axes + 2) {
    throw new ShapeError(op, `x must have ${axes} spatial axes between batch and channels`, {
      got: shapeText(x.shape),
    });
  }
  const spatial = Array.from({ length: axes }, (_, i) => i + 2);
  const last = isFirst ? transpose(x, [0, ...spatial, 1]) : x;
  if (axes === 3) return last;
  return reshape(last, last.shape.toSpliced(1, 0, ...Array<number>(3 - axes).fill(1)));
}

/** The inverse of `toVolume`, a view. */
export function fromVolume(y: Tensor, axes: number, format?: DataFormat): Tensor {
  const flat = axes === 3 ? y : reshape(y, y.shape.toSpliced(1, 3 - axes));
  if (format === undefined || format.endsWith("C")) return flat;
  const spatial = Array.from({ length: axes }, (_, i) => i + 1);
  return transpose(flat, [0, axes + 1, ...spatial]);
}
