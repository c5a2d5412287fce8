// Shapes, strides and broadcasting: integers only, no GPU.

import { ShapeError, shapeText } from "../errors.ts";

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Most axes a kernel walks through after neighbouring axes are merged. */
export const MAX_RANK = 8;

/** Number of elements; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i] as number;
  return size;
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] as number;
  }
  return strides;
}

/** Whether elements lie in row-major order without gaps. */
export function isRowMajor(shape: Shape, strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const length = shape[i] as number;
    if (length !== 1 && strides[i] !== expected) return false;
    expected *= length;
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape that `a` and `b` broadcast to, by NumPy's rule. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(op, "shapes must be equal or 1, axis by axis from the last", {
        got: `a ${shapeText(a)} and b ${shapeText(b)}`,
        remedy: `Axis -${i} has ${m} against ${n}: reshape or expandDims one of them.`,
        a,
        b,
      });
    }
    result[rank - i] = m === 1 ? n : m;
  }
  return result;
}

/** Strides that read `shape` as the larger `target`: broadcast axes get stride 0. */
export function broadcastStrides(
  shape: Shape,
  strides: readonly number[],
  target: Shape,
): number[] {
  const shift = target.length - shape.length;
  return target.map((length, i) => {
    const own = shape[i - shift];
    return own === undefined || (own === 1 && length !== 1) ? 0 : (strides[i - shift] as number);
  });
}

/** A non-negative axis. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && positive >= 0 && positive < rank) return positive;
  throw new ShapeError(op, `axis must be an integer in [${-rank}, ${rank - 1}]`, {
    got: `axis ${axis} for a tensor of rank ${rank}`,
    axis,
    rank,
  });
}

/** Non-negative axes in ascending order without doubles; all of them for `undefined`. */
export function normalizeAxes(op: string, axes: Axes | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axes === "number" ? [axes] : axes;
  const sorted = list.map((axis) => normalizeAxis(op, axis, rank)).sort((x, y) => x - y);
  const twice = sorted.find((axis, i) => axis === sorted[i - 1]);
  if (twice === undefined) return sorted;
  throw new ShapeError(op, "an axis may appear once", { got: `axis ${twice} twice in [${list}]` });
}

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

/** @throws {ShapeError} unless every length is a non-negative integer. */
export function requireShape(op: string, shape: Shape): void {
  for (const length of shape) {
    if (Number.isInteger(length) && length >= 0) continue;
    throw new ShapeError(op, "lengths must be non-negative integers", {
      got: shapeText(shape),
      shape,
    });
  }
}

/** A walk over collapsed axes with every four elements taken as one. */
export interface WalkInFours {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
  readonly offsets: readonly number[];
}

/** The same walk in fours, or undefined where elements do not lie side by side in fours. */
export function inFours(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  offsets: readonly number[],
): WalkInFours | undefined {
  const last = shape.length - 1;
  const isFour = (n: number): boolean => n % 4 === 0;
  const fits =
    last >= 0 &&
    isFour(shape[last] as number) &&
    offsets.every(isFour) &&
    strides.every((list) => list[last] === 1 && list.slice(0, last).every(isFour));
  if (!fits) return undefined;
  const quarter = (n: number): number => n / 4;
  return {
    shape: shape.with(last, quarter(shape[last] as number)),
    strides: strides.map((list) => [...list.slice(0, last).map(quarter), 1]),
    offsets: offsets.map(quarter),
  };
}

interface Merged {
  readonly shape: number[];
  readonly strides: number[][];
}

/** Merges neighbouring axes that all operands walk through alike, and drops axes of length 1. */
function mergeAxes(shape: Shape, operands: readonly (readonly number[])[]): Merged {
  const outShape: number[] = [];
  const out: number[][] = operands.map(() => []);
  for (let i = 0; i < shape.length; i++) {
    const length = shape[i] as number;
    if (length === 1) continue;
    const last = outShape.length - 1;
    const merges =
      last >= 0 &&
      operands.every(
        (strides, k) => (out[k]?.[last] as number) === (strides[i] as number) * length,
      );
    if (merges) {
      outShape[last] = (outShape[last] as number) * length;
      operands.forEach((strides, k) => ((out[k] as number[])[last] = strides[i] as number));
    } else {
      outShape.push(length);
      operands.forEach((strides, k) => out[k]?.push(strides[i] as number));
    }
  }
  return { shape: outShape, strides: out };
}

/**
 * Merges axes, so that kernels loop over as few as possible.
 *
 * @throws {ShapeError} if more are left than kernels take.
 */
export function collapseAxes(
  op: string,
  shape: Shape,
  operands: readonly (readonly number[])[],
): Merged {
  const merged = mergeAxes(shape, operands);
  if (merged.shape.length <= MAX_RANK) return merged;
  throw new ShapeError(op, `at most ${MAX_RANK} axes can be strided apart`, {
    got: shapeText(shape),
    remedy: "Reshape to fewer axes, or call contiguous() on the views first.",
  });
}

/**
 * Strides that show the elements of a view in another shape, in the same order; undefined where no
 * strides do.
 *
 * @param target  of as many elements.
 */
export function reshapedStrides(
  shape: Shape,
  strides: readonly number[],
  target: Shape,
): number[] | undefined {
  if (sizeOf(shape) === 0) return undefined;
  const runs = mergeAxes(shape, [strides]);
  const next = (): [length: number, stride: number] => {
    return [runs.shape.pop() ?? 1, runs.strides[0]?.pop() ?? 1];
  };
  const out = target.map(() => 0);
  let [left, stride] = next();
  for (let i = target.length - 1; i >= 0; i--) {
    const length = target[i] as number;
    if (length === 1) continue;
    if (left === 1) [left, stride] = next();
    if (left % length !== 0) return undefined;
    out[i] = stride;
    stride *= length;
    left /= length;
  }
  return out;
}
