// Arrays in the host's memory: what files hold and loaders deliver.

import { DataError } from "../errors.ts";

/** Element types of host arrays. f16 lies in a Float32Array; u8 is for images, which tensors get as f32. */
export type HostDType = "f32" | "f16" | "i32" | "u32" | "u8" | "bool";

/** A shape over a typed array, row-major. */
export interface HostArray {
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint32Array | Uint8Array;
}

/** Elements of a row: everything after the first axis. */
export function rowSize(array: HostArray): number {
  return array.shape.slice(1).reduce((size, length) => size * length, 1);
}

/** An empty array like another, with `rows` rows. */
export function rowsLike(array: HostArray, rows: number): HostArray {
  const Kind = array.data.constructor as new (length: number) => HostArray["data"];
  const shape = [rows, ...array.shape.slice(1)];
  return { dtype: array.dtype, shape, data: new Kind(rows * rowSize(array)) };
}

/** Rows `start` to `end`, sharing the memory. */
export function sliceRows(array: HostArray, start: number, end: number): HostArray {
  const row = rowSize(array);
  const data = array.data.subarray(start * row, end * row);
  return { dtype: array.dtype, shape: [end - start, ...array.shape.slice(1)], data };
}

/** The given rows, in the given order. */
export function takeRows(array: HostArray, rows: ArrayLike<number>): HostArray {
  const size = rowSize(array);
  const taken = rowsLike(array, rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    taken.data.set(array.data.subarray(row * size, (row + 1) * size), i * size);
  }
  return taken;
}

/**
 * Arrays of one shape as the rows of another.
 *
 * @param where  for messages.
 * @throws {DataError} unless all have the shape and dtype of the first.
 */
export function stackRows(where: string, arrays: readonly HostArray[]): HostArray {
  const [first] = arrays;
  if (first === undefined) throw new DataError(where, "there must be at least one row");
  const stacked = rowsLike({ ...first, shape: [1, ...first.shape] }, arrays.length);
  arrays.forEach((array, i) => {
    if (array.dtype !== first.dtype || array.shape.join() !== first.shape.join()) {
      const got = `${describe(first)} in row 0 and ${describe(array)} in row ${i}`;
      throw new DataError(where, "all rows must have one shape and dtype", { got });
    }
    requireSize(where, array);
    stacked.data.set(array.data, i * array.data.length);
  });
  return stacked;
}

const describe = ({ dtype, shape }: HostArray): string => `${dtype} [${shape.join(", ")}]`;

/** @throws {DataError} unless the data has as many elements as the shape. */
export function requireSize(op: string, array: HostArray): void {
  const size = array.shape.reduce((product, length) => product * length, 1);
  if (size === array.data.length) return;
  const got = `${array.data.length} elements for [${array.shape.join(", ")}]`;
  throw new DataError(op, "an array must have as many elements as its shape", { got });
}
