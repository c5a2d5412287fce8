// Tables of comma- or tab-separated values, with typed columns.

import { type FileSource, readText } from "../data/index.ts";
import { DataError } from "../errors.ts";
import { type Column, type ColumnOptions, type ColumnType, columnOf } from "./column.ts";
import { type Records, recordsOf } from "./records.ts";

/** How a table is read. */
export interface TableOptions {
  /** Default: a tab for files that end with .tsv or .tab, else a comma. */
  readonly delimiter?: string;
  /**
   * Whether the first record names the columns (the default), or their names. Without either they are
   * "0", "1", ….
   */
  readonly header?: boolean | readonly string[];
  /** Lines to pass over before anything else. Default 0. */
  readonly skipLines?: number;
  /** What lines to pass over begin with. Default: there are none. */
  readonly comments?: string;
  /** Texts that stand for a missing value. Default: nothing, NA, N/A, NaN, nan, null and ?. */
  readonly missing?: readonly string[];
  /** How columns are read, by name; null leaves one out. Default: by what they hold. */
  readonly columns?: Readonly<Record<string, ColumnType | ColumnOptions | null>>;
  /** Leave out rows in which a value is missing. Default false. */
  readonly dropMissing?: boolean;
}

/** A table by columns. */
export interface Table {
  readonly rows: number;
  /** By name, in the file's order. */
  readonly columns: Readonly<Record<string, Column>>;
}

const MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "?"];

/**
 * The table of `name` or `name.gz`.
 *
 * @throws {DataError} if it is missing or broken.
 */
export async function readTable(
  source: FileSource,
  name: string,
  options: TableOptions = {},
): Promise<Table> {
  const text = await readText(source, name);
  return parseTable(source.describe(name), text, options);
}

/**
 * The table that a text holds. Space around values does not count.
 *
 *     const table = parseTable("penguins.csv", text, {
 *       columns: { species: "category", year: null, body_mass_g: { type: "f32", missing: 4000 } },
 *     });
 *
 * @param name  of the file, for messages and for the delimiter.
 * @throws {DataError} if records differ in length, quotes do not fit, a header has a name twice, or a value
 *                     is not of its column's type: with the line.
 */
export function parseTable(name: string, text: string, options: TableOptions = {}): Table {
  const { header = true, skipLines = 0, comments, columns = {} } = options;
  const isTabbed = /\.(tsv|tab)(\.gz)?$/i.test(name);
  const delimiter = options.delimiter ?? (isTabbed ? "\t" : ",");
  const records = recordsOf(name, text, { delimiter, skipLines, comments });
  const names = namesOf(name, records, header);
  requireNames(name, names, Object.keys(columns));
  const first = header === true ? 1 : 0;
  requireLengths(name, records, names.length, first);
  const missing = new Set(options.missing ?? MISSING);
  const kept = names.filter((column) => columns[column] !== null);
  const valueAt = (row: number, column: number): string | null => {
    const value = (records.rows[row]?.[column] ?? "").trim();
    return missing.has(value) ? null : value;
  };
  const places = kept.map((column) => names.indexOf(column));
  const all = Array.from({ length: records.rows.length - first }, (_, i) => i + first);
  const isWhole = (row: number): boolean => places.every((at) => valueAt(row, at) !== null);
  const rows = options.dropMissing ? all.filter(isWhole) : all;
  const entries = kept.map((column, i) => {
    const at = places[i] as number;
    const given = columns[column] ?? {};
    const place = (row: number): string =>
      `line ${records.lineOf(rows[row] as number)}, column ${at + 1}`;
    const texts = rows.map((row) => valueAt(row, at));
    const read = typeof given === "string" ? { type: given } : given;
    return [column, columnOf(name, { name: column, texts, place }, read)] as const;
  });
  return { rows: rows.length, columns: Object.fromEntries(entries) };
}

function namesOf(file: string, { rows }: Records, header: boolean | readonly string[]): string[] {
  const [first] = rows;
  if (first === undefined) throw new DataError(file, "there must be a record", { got: "none" });
  if (header === false) return first.map((_, i) => `${i}`);
  return (header === true ? first : header).map((name) => name.trim());
}

function requireNames(file: string, names: readonly string[], wanted: readonly string[]): void {
  const twice = names.find((name, i) => name === "" || names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DataError(file, "every column must have a name of its own", {
      got: `${JSON.stringify(twice)} in ${names.join(", ").slice(0, 120)}`,
      remedy: "Pass names as `header`, with skipLines: 1 to pass over the file's own.",
    });
  }
  const stranger = wanted.find((name) => !names.includes(name));
  if (stranger === undefined) return;
  const got = `${stranger}, where there are ${names.join(", ").slice(0, 120)}`;
  throw new DataError(file, "columns must be columns of the file", { got });
}

function requireLengths(file: string, records: Records, count: number, first: number): void {
  records.rows.forEach((row, i) => {
    if (row.length === count || i < first) return;
    throw new DataError(file, `every record must have ${count} values`, {
      got: `${row.length} at line ${records.lineOf(i)}`,
      remedy: "Is the delimiter another one, or a quote missing?",
    });
  });
}
