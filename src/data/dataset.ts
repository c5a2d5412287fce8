// A data set in memory: arrays with one row per example.

import { DataError } from "../errors.ts";
import { type HostArray, requireSize, rowsLike, sliceRows, takeRows } from "./hostArray.ts";

/** Named arrays whose first axis counts the examples. */
export interface Dataset {
  readonly size: number;
  readonly fields: Readonly<Record<string, HostArray>>;
}

/**
 * A data set from its fields.
 *
 * @throws {DataError} if there are none, or their first axes differ.
 */
export function dataset(fields: Readonly<Record<string, HostArray>>): Dataset {
  const entries = Object.entries(fields);
  const size = entries[0]?.[1].shape[0];
  if (size === undefined) throw new DataError("dataset", "there must be at least one field");
  for (const [name, array] of entries) {
    requireSize(`dataset field ${name}`, array);
    if (array.shape[0] === size) continue;
    const got = `${size} in ${entries[0]?.[0]} and ${array.shape[0]} in ${name}`;
    throw new DataError("dataset", "all fields must have one row per example", { got });
  }
  return { size, fields: { ...fields } };
}

/** Examples `start` to `end` (all to the end by default), sharing the memory. */
export function sliceExamples(data: Dataset, start: number, end: number = data.size): Dataset {
  const [from, to] = [Math.min(start, data.size), Math.min(end, data.size)];
  const entries = Object.entries(data.fields).map(([name, array]) => {
    return [name, sliceRows(array, from, to)] as const;
  });
  return { size: to - from, fields: Object.fromEntries(entries) };
}

/**
 * The given examples in the given order; one may come more than once.
 *
 * @throws {DataError} if there is no such example.
 */
export function subset(data: Dataset, rows: ArrayLike<number>): Dataset {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (Number.isInteger(row) && row >= 0 && row < data.size) continue;
    throw new DataError("subset", `rows must be whole numbers from 0 to ${data.size - 1}`, {
      got: `${row} at index ${i}`,
    });
  }
  const fields = Object.entries(data.fields).map(([name, array]) => {
    return [name, takeRows(array, rows)] as const;
  });
  return { size: rows.length, fields: Object.fromEntries(fields) };
}

/**
 * The examples of all parts, one part after the other.
 *
 * @throws {DataError} unless all have the same fields, with the same rows.
 */
export function concatDatasets(...parts: readonly Dataset[]): Dataset {
  const [first] = parts;
  if (first === undefined) throw new DataError("concatDatasets", "there must be at least one part");
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const fields = Object.entries(first.fields).map(([name, like]) => {
    const joined = rowsLike(like, size);
    let at = 0;
    parts.forEach((part, i) => {
      const array = requireLike(part, i, name, like, Object.keys(first.fields).length);
      joined.data.set(array.data, at);
      at += array.data.length;
    });
    return [name, joined] as const;
  });
  return { size, fields: Object.fromEntries(fields) };
}

function requireLike(
  part: Dataset,
  i: number,
  name: string,
  like: HostArray,
  count: number,
): HostArray {
  const array = part.fields[name];
  const isSame =
    array?.dtype === like.dtype && array.shape.slice(1).join() === like.shape.slice(1).join();
  if (array !== undefined && isSame && Object.keys(part.fields).length === count) return array;
  const text = (of: HostArray): string => `${of.dtype} [n, ${of.shape.slice(1).join(", ")}]`;
  const found = array === undefined ? `fields ${Object.keys(part.fields).join(", ")}` : text(array);
  throw new DataError("concatDatasets", "all parts must have the same fields", {
    got: `${name} ${text(like)} in part 0 and ${found} in part ${i}`,
  });
}
