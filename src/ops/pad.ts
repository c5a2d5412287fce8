// Padding: borders of a number, or of what lies within.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "./creation.ts";
import { gather } from "./gather.ts";
import { type Padding, type SliceIndex, border, slice } from "./slice.ts";

/**
 * What a border repeats: the outermost element (edge), what lies within without (reflect) or with
 * (symmetric) the outermost element, mirrored, or the other end (wrap).
 */
export type PadMode = "edge" | "reflect" | "symmetric" | "wrap";

/** The place within [0, length) that a place in the border repeats. */
const SOURCES: Readonly<Record<PadMode, (place: number, length: number) => number>> = {
  edge: (place, length) => Math.min(length - 1, Math.max(0, place)),
  reflect: (place, length) => fold(place, Math.max(1, 2 * (length - 1)), length),
  symmetric: (place, length) => {
    const at = remainder(place, 2 * length);
    return at < length ? at : 2 * length - 1 - at;
  },
  wrap: remainder,
};

function remainder(place: number, period: number): number {
  return ((place % period) + period) % period;
}

function fold(place: number, period: number, length: number): number {
  const at = remainder(place, period);
  return at < length ? at : period - at;
}

/**
 * `x` with a border.
 *
 * @param padding  `[before, after]` for each axis; negative amounts cut off.
 * @param fill     a number, or how the border repeats what lies within. Default 0.
 * @throws {ShapeError} without a pair for every axis, or where there is nothing to repeat.
 */
export function pad(x: Tensor, padding: Padding, fill: number | PadMode = 0): Tensor {
  if (padding.length !== x.rank || !padding.flat().every(Number.isInteger)) {
    const got = `${JSON.stringify(padding)} for ${shapeText(x.shape)}`;
    throw new ShapeError("pad", "there must be a [before, after] pair for every axis", { got });
  }
  if (typeof fill !== "number" && !(fill in SOURCES)) {
    const names = Object.keys(SOURCES).join(", ");
    throw new UsageError("pad", `fill must be a number, ${names}`, { got: `${fill as string}` });
  }
  const inner = padding.some(([before, after]) => before < 0 || after < 0) ? cut(x, padding) : x;
  const amounts = padding.map(([before, after]) => {
    return [Math.max(0, before), Math.max(0, after)] as const;
  });
  if (typeof fill === "number") return border(inner, amounts, fill);
  return amounts.reduce((y, [before, after], axis) => {
    return before + after === 0 ? y : repeatInto(y, axis, before, after, fill);
  }, inner);
}

function cut(x: Tensor, padding: Padding): Tensor {
  const ranges = padding.map(([before, after], axis): SliceIndex => {
    const length = x.shape[axis] as number;
    return [Math.max(0, -before), Math.max(0, length - Math.max(0, -after))];
  });
  return slice(x, ranges);
}

function repeatInto(x: Tensor, axis: number, before: number, after: number, mode: PadMode): Tensor {
  const length = x.shape[axis] as number;
  if (length === 0) {
    const got = `axis ${axis} of ${shapeText(x.shape)}`;
    throw new ShapeError("pad", "an empty axis has nothing to repeat", { got });
  }
  const places = Array.from({ length: before + length + after }, (_, i) => {
    return SOURCES[mode](i - before, length);
  });
  return gather(x, tensor(places, { dtype: "i32" }), axis);
}
