// A table as a data set: columns side by side as inputs, one as labels.

import { type Dataset, type HostArray, dataset } from "../data/index.ts";
import { DataError } from "../errors.ts";
import type { Column } from "./column.ts";
import type { Table } from "./table.ts";

/** Options of `tableDataset`. */
export interface TableDatasetOptions {
  /** Columns of the inputs. Default: all but the labels. */
  readonly inputs?: readonly string[];
  /** The column of the labels. Default: none. */
  readonly labels?: string;
  /**
   * Categories among the inputs as a column of 0 and 1 each, all of them 0 where missing; else as codes.
   * Default true.
   */
  readonly oneHot?: boolean;
}

/** A data set, and what its inputs are. */
export interface TableDataset {
  readonly data: Dataset;
  /** Of each input; "species=Adelie" for a category. */
  readonly inputNames: readonly string[];
}

/**
 * A data set of a table's columns.
 *
 *     const table = await readTable(source, "penguins.csv", { dropMissing: true });
 *     const { data } = tableDataset(table, { labels: "species" });
 *
 * @returns  `data` with `inputs [rows, names]` f32, and `labels [rows]`: i32 codes of categories or whole
 *           numbers, or f32.
 * @throws {DataError} if there is no such column, or no input.
 */
export function tableDataset(table: Table, options: TableDatasetOptions = {}): TableDataset {
  const { labels, oneHot = true } = options;
  const chosen = options.inputs ?? Object.keys(table.columns).filter((name) => name !== labels);
  const parts = chosen.flatMap((name) => inputsOf(name, columnIn(table, name), oneHot));
  if (parts.length === 0) throw new DataError("tableDataset", "there must be an input column");
  const data = new Float32Array(table.rows * parts.length);
  parts.forEach(({ valueAt }, i) => {
    for (let row = 0; row < table.rows; row++) data[row * parts.length + i] = valueAt(row);
  });
  const inputs: HostArray = { dtype: "f32", shape: [table.rows, parts.length], data };
  const answers = labels === undefined ? {} : { labels: columnIn(table, labels).values };
  return { data: dataset({ inputs, ...answers }), inputNames: parts.map(({ name }) => name) };
}

interface Input {
  readonly name: string;
  valueAt(row: number): number;
}

function inputsOf(name: string, { values, categories }: Column, oneHot: boolean): Input[] {
  const at = (row: number): number => values.data[row] as number;
  if (categories === undefined || !oneHot) return [{ name, valueAt: at }];
  return categories.map((category, code) => {
    return { name: `${name}=${category}`, valueAt: (row) => (at(row) === code ? 1 : 0) };
  });
}

function columnIn(table: Table, name: string): Column {
  const column = table.columns[name];
  if (column !== undefined) return column;
  throw new DataError("tableDataset", "columns must be columns of the table", {
    got: `${name}, where there are ${Object.keys(table.columns).join(", ")}`,
  });
}
