// Arrays one behind the other.

import { DataError } from "../errors.ts";
import { type HostArray, rowsLike } from "./hostArray.ts";

/**
 * The rows of all arrays in their order.
 *
 * @param where  what they belong to, for messages.
 * @throws {DataError} unless there is an array, and all have rows of one shape and dtype.
 */
export function joinRows(where: string, arrays: readonly HostArray[]): HostArray {
  const [first] = arrays;
  if (first === undefined) throw new DataError(where, "there must be at least one array");
  const kind = ({ dtype, shape }: HostArray): string => `${dtype} [${["n", ...shape.slice(1)]}]`;
  const size = arrays.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const joined = rowsLike(first, size);
  let at = 0;
  for (const array of arrays) {
    if (kind(array) !== kind(first)) {
      const got = `${kind(first)} and ${kind(array)}`;
      throw new DataError(where, "all rows must have one shape and dtype", { got });
    }
    joined.data.set(array.data, at);
    at += array.data.length;
  }
  return joined;
}
