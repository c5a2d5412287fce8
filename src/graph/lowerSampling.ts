// Resizing and adaptive pooling as products with constant matrices, axis by axis.

import type { PoolSpec } from "../ops/poolWindows.ts";
import type { AxisMap, ResizeSpec } from "../ops/resize.ts";
import { tensor } from "../ops/creation.ts";
import { matmul } from "../ops/matmul.ts";
import { max } from "../ops/reduce.ts";
import { transpose } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Weights of the taps from the one at or before a place, by how far behind it the place is. */
function weightsOf(taps: number, far: number, slope: number): readonly number[] {
  if (taps === 1) return [1];
  if (taps === 2) return [1 - far, far];
  const near = (t: number): number => ((slope + 2) * t - (slope + 3)) * t * t + 1;
  const wide = (t: number): number => (((t - 5) * t + 8) * t - 4) * slope;
  return [wide(1 + far), near(far), near(1 - far), wide(2 - far)];
}

/** `[from, to]`: a column of weights for each element of the result. */
function matrixOf({ from, to, ...map }: AxisMap, slope: number): number[][] {
  const matrix = Array.from({ length: from }, () => Array<number>(to).fill(0));
  for (let o = 0; o < to; o++) {
    const place = map.slope * o + map.shift;
    const base = Math.floor(place / map.divisor);
    const far = place / map.divisor - base;
    weightsOf(map.taps, far, slope).forEach((weight, tap) => {
      const at = base + tap - (map.taps === 4 ? 1 : 0);
      const row = matrix[Math.min(from - 1, Math.max(0, at))] as number[];
      row[o] = (row[o] as number) + weight;
    });
  }
  return matrix;
}

/** x with an axis multiplied by a matrix `[from, to]`. */
function along(x: Tensor, axis: number, matrix: number[][]): Tensor {
  const last = x.rank - 1;
  const order = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  return transpose(matmul(transpose(x, order), tensor(matrix)), order);
}

const isIdentity = ({ from, to, slope, shift, divisor, taps }: AxisMap): boolean =>
  from === to && taps === 1 && slope === divisor && shift === 0;

/** `[batch, depth, height, width, channels]` resized. */
export function lowerResize([x]: readonly Tensor[], { maps, cubic }: ResizeSpec): Tensor {
  return maps.reduce((y, map, i) => {
    return isIdentity(map) ? y : along(y, i + 1, matrixOf(map, cubic));
  }, x as Tensor);
}

/** An adaptive pooling, if it is one that can be taken apart. */
export function lowerAdaptive(
  op: "avgPool" | "maxPool",
  attributes: unknown,
): ((x: Tensor) => Tensor) | undefined {
  const { isAdaptive, geometry } = attributes as PoolSpec;
  if (!isAdaptive) return undefined;
  const { input, output } = geometry;
  if (op === "maxPool") {
    if (!output.every((n, i) => n === 1 || n === input[i])) return undefined;
    const axes = [1, 2, 3].filter((axis) => output[axis - 1] !== input[axis - 1]);
    return (x) => max(x, axes, { keepDims: true });
  }
  return (x) =>
    input.reduce((y, from, i) => {
      const to = output[i] as number;
      return from === to ? y : along(y, i + 1, shares(from, to));
    }, x);
}

/** `[from, to]`: each of `to` windows that share `from` elements out averages its own. */
function shares(from: number, to: number): number[][] {
  const matrix = Array.from({ length: from }, () => Array<number>(to).fill(0));
  for (let o = 0; o < to; o++) {
    const start = Math.floor((o * from) / to);
    const end = Math.ceil(((o + 1) * from) / to);
    for (let i = start; i < end; i++) (matrix[i] as number[])[o] = 1 / (end - start);
  }
  return matrix;
}
