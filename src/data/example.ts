// Single examples: out of a data set, through a function, and stacked again.

import { DataError } from "../errors.ts";
import { type Dataset, dataset } from "./dataset.ts";
import { type HostArray, sliceRows, stackRows } from "./hostArray.ts";

/** One example: a row of every field. */
export type Example = Readonly<Record<string, HostArray>>;

/**
 * Every example put through a function.
 *
 * @param fn  gets rows without the axis of examples, sharing the memory, and the example's place.
 * @throws {DataError} unless it gives all examples the same fields, shapes and dtypes, or if there are no
 *                     examples to tell them.
 */
export function mapDataset(
  data: Dataset,
  fn: (example: Example, index: number) => Example,
): Dataset {
  return dataset(
    stackExamples(
      "mapDataset",
      Array.from({ length: data.size }, (_, i) => {
        return fn(exampleAt(data, i), i);
      }),
    ),
  );
}

/** Example `i`, sharing the memory. */
export function exampleAt(data: Dataset, i: number): Example {
  const entries = Object.entries(data.fields).map(([name, array]) => {
    const row = sliceRows(array, i, i + 1);
    return [name, { ...row, shape: row.shape.slice(1) }] as const;
  });
  return Object.fromEntries(entries);
}

/** Examples as rows of arrays. @throws {DataError} unless they are alike. */
export function stackExamples(op: string, examples: readonly Example[]): Example {
  const names = Object.keys(examples[0] ?? {});
  examples.forEach((example, i) => {
    const own = Object.keys(example);
    if (own.length === names.length && names.every((name) => name in example)) return;
    const got = `${names.join(", ")} in example 0 and ${own.join(", ")} in ${i}`;
    throw new DataError(op, "all examples must have the same fields", { got });
  });
  const entries = names.map((name) => {
    const rows = examples.map((example) => example[name] as HostArray);
    return [name, stackRows(`${op}: ${name}`, rows)] as const;
  });
  return Object.fromEntries(entries);
}
