// A data set in memory: arrays with one row per example.

import { DataError } from "../errors.ts";
import { type HostArray, requireSize, sliceRows } from "./hostArray.ts";

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
