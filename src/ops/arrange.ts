// Rearrangements that other ops make up: rolling, repeating, triangles, diagonals, grids, depth to
// space.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { type Axes, normalizeAxes, normalizeAxis } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { greaterEqual, lessEqual, mul, sub } from "./binary.ts";
import { arange, full } from "./creation.ts";
import { concat, slice, writeInto } from "./slice.ts";
import { broadcastTo, sum } from "./sum.ts";
import { record } from "./tape.ts";
import { expandDims, reshape, transpose } from "./views.ts";
import { where } from "./where.ts";

/**
 * Elements shifted along axes; what leaves at one end enters at the other.
 *
 * @param shifts  one per axis named, or one for all of them; positive ones shift towards the end.
 * @param axes    all by default.
 */
export function roll(x: Tensor, shifts: number | readonly number[], axes?: Axes): Tensor {
  const list = axes === undefined ? normalizeAxes("roll", axes, x.rank) : [axes].flat();
  const amounts = typeof shifts === "number" ? list.map(() => shifts) : shifts;
  if (amounts.length !== list.length || !amounts.every(Number.isInteger)) {
    throw new UsageError("roll", "there must be an integer shift for each axis", {
      got: `${amounts.length} shifts for ${list.length} axes`,
    });
  }
  let y = x;
  list.forEach((given, i) => {
    const axis = normalizeAxis("roll", given, x.rank);
    const length = x.shape[axis] as number;
    const shift = length === 0 ? 0 : (((amounts[i] as number) % length) + length) % length;
    if (shift === 0) return;
    const range = (start: number, end: number): Tensor =>
      slice(y, [...Array<null>(axis).fill(null), [start, end]]);
    y = concat([range(length - shift, length), range(0, length - shift)], axis);
  });
  return y;
}

/** Each element `count` times in a row along an axis. */
export function repeat(x: Tensor, count: number, axis = 0): Tensor {
  const at = normalizeAxis("repeat", axis, x.rank);
  if (!Number.isInteger(count) || count < 0) {
    throw new UsageError("repeat", "count must be a non-negative integer", { got: `${count}` });
  }
  const wide = broadcastTo(expandDims(x, at + 1), x.shape.toSpliced(at + 1, 0, count));
  return reshape(wide, x.shape.with(at, (x.shape[at] as number) * count));
}

/** Two axes exchanged, as a view. */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  const [i, j] = [normalizeAxis("swapAxes", a, x.rank), normalizeAxis("swapAxes", b, x.rank)];
  const order = x.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis));
  return transpose(x, order);
}

/**
 * Vectors as coordinates of a grid: result k has the shape of all lengths and varies along axis k.
 *
 * @param indexing  "xy" exchanges the first two axes, as for pictures. Default "ij".
 */
export function meshgrid(vectors: readonly Tensor[], indexing: "ij" | "xy" = "ij"): Tensor[] {
  const long = vectors.find((vector) => vector.rank !== 1);
  if (long !== undefined) {
    throw new ShapeError("meshgrid", "every operand must be a vector", { got: `${long}` });
  }
  const shape = vectors.map((vector) => vector.size);
  const grids = vectors.map((vector, k) => {
    const line = reshape(
      vector,
      shape.map((length, i) => (i === k ? length : 1)),
    );
    return broadcastTo(line, shape);
  });
  return indexing === "xy" && grids.length > 1 ? grids.map((grid) => swapAxes(grid, 0, 1)) : grids;
}

function requireMatrix(op: string, x: Tensor): void {
  if (x.rank >= 2) return;
  throw new ShapeError(op, "x must have at least two axes", { got: shapeText(x.shape) });
}

/** Column less row for every place of a matrix, [rows, columns] i32. */
function columnLessRow(x: Tensor): Tensor {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return sub(arange(0, columns, 1, "i32"), expandDims(arange(0, rows, 1, "i32"), 1));
}

/** The lower triangle of matrices, zeros above diagonal `k`. */
export function tril(x: Tensor, k = 0): Tensor {
  requireMatrix("tril", x);
  return where(lessEqual(columnLessRow(x), k), x, 0);
}

/** The upper triangle of matrices, zeros below diagonal `k`. */
export function triu(x: Tensor, k = 0): Tensor {
  requireMatrix("triu", x);
  return where(greaterEqual(columnLessRow(x), k), x, 0);
}

/** The main diagonal of the last two axes, as a view. */
export function diagonal(x: Tensor): Tensor {
  requireMatrix("diagonal", x);
  const length = Math.min(...x.shape.slice(-2));
  const step = (x.strides.at(-1) as number) + (x.strides.at(-2) as number);
  const y = Tensor.view(x, [...x.shape.slice(0, -2), length], [...x.strides.slice(0, -2), step]);
  record("diagonal", [x], y, [(dy) => embedDiagonal(dy, x.shape.slice(-2))]);
  return y;
}

/** Matrices with `x` on the main diagonal and zeros elsewhere. */
function embedDiagonal(x: Tensor, [rows, columns]: readonly number[]): Tensor {
  const y = full([...x.shape.slice(0, -1), rows as number, columns as number], 0, x.dtype);
  const step = (columns as number) + 1;
  const line = Tensor.view(y, x.shape, [...y.strides.slice(0, -2), step]);
  writeInto(x, line);
  line.dispose();
  record("diag", [x], y, [(dy) => diagonal(dy)]);
  return y;
}

/** Square matrices with the vectors of the last axis on the main diagonal. */
export function diag(x: Tensor): Tensor {
  if (x.rank === 0) throw new ShapeError("diag", "x must have at least one axis", { got: `${x}` });
  const length = x.shape.at(-1) as number;
  return embedDiagonal(x, [length, length]);
}

/** Sum of the main diagonal of the last two axes. */
export function trace(x: Tensor): Tensor {
  return sum(diagonal(x), -1);
}

/** All products of the elements of two vectors: y[i, j] = a[i] · b[j]. */
export function outer(a: Tensor, b: Tensor): Tensor {
  if (a.rank !== 1 || b.rank !== 1) {
    throw new ShapeError("outer", "both operands must be vectors", { got: `${a} and ${b}` });
  }
  return mul(expandDims(a, 1), b);
}

function requireBlocks(op: string, x: Tensor, block: number, fits: boolean): void {
  if (x.rank === 4 && Number.isInteger(block) && block > 0 && fits) return;
  throw new ShapeError(op, "x must be [batch, height, width, channels] that blocks divide", {
    got: `${shapeText(x.shape)} and blocks of ${block}`,
  });
}

/**
 * Channels laid out as blocks of pixels, also called pixel shuffle.
 *
 * @param x       `[batch, height, width, block² · channels]`.
 * @param order   what varies slowest in the channels: the place in the block ("DCR", TensorFlow's, the
 *                default) or the channel ("CRD", PyTorch's).
 * @returns       `[batch, height · block, width · block, channels]`.
 */
export function depthToSpace(x: Tensor, block: number, order: "DCR" | "CRD" = "DCR"): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  requireBlocks("depthToSpace", x, block, c % (block * block) === 0);
  const channels = c / (block * block);
  const parts = order === "DCR" ? [block, block, channels] : [channels, block, block];
  const axes = order === "DCR" ? [0, 1, 3, 2, 4, 5] : [0, 1, 4, 2, 5, 3];
  const split = transpose(reshape(x, [n, h, w, ...parts]), axes);
  return reshape(split, [n, h * block, w * block, channels]);
}

/** Blocks of pixels stacked into channels: the inverse of `depthToSpace`. */
export function spaceToDepth(x: Tensor, block: number, order: "DCR" | "CRD" = "DCR"): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  requireBlocks("spaceToDepth", x, block, h % block === 0 && w % block === 0);
  const split = reshape(x, [n, h / block, block, w / block, block, c]);
  const axes = order === "DCR" ? [0, 1, 3, 2, 4, 5] : [0, 1, 3, 5, 2, 4];
  return reshape(transpose(split, axes), [n, h / block, w / block, block * block * c]);
}
