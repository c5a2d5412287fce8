// Columns of texts as numbers: values, or codes of categories.

import type { HostArray } from "../data/index.ts";
import { DataError, UsageError } from "../errors.ts";

/** Numbers, whole numbers, or texts that get a code each. */
export type ColumnType = "f32" | "i32" | "category";

/** How a column is read. */
export interface ColumnOptions {
  /** Default: "f32" if all its values are numbers, else "category". */
  readonly type?: ColumnType;
  /**
   * What stands for a missing value: a number, or "error" for none may be missing. Default: NaN in "f32",
   * −1 in "category", "error" in "i32".
   */
  readonly missing?: number | "error";
  /** Categories in the order of their codes, those of the training data say. Default: all texts, sorted. */
  readonly categories?: readonly string[];
}

/** A column as numbers. */
export interface Column {
  readonly type: ColumnType;
  /** `[rows]`, f32 or i32. */
  readonly values: HostArray;
  /** Of a column of categories: texts by code. */
  readonly categories?: readonly string[];
  /** How many values were missing. */
  readonly missing: number;
}

/** The texts of a column. */
export interface ColumnTexts {
  readonly name: string;
  /** Null where the value is missing. */
  readonly texts: readonly (string | null)[];
  /** Where a row stands, for messages. */
  place(row: number): string;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITY = /^([+-]?)inf(inity)?$/i;

/** NaN for what is no number. */
function numberOf(text: string): number {
  if (NUMBER.test(text)) return Number(text);
  const sign = INFINITY.exec(text)?.[1];
  return sign === undefined ? NaN : sign === "-" ? -Infinity : Infinity;
}

/**
 * A column of a file.
 *
 * @throws {DataError} for a value that it cannot have, with its place.
 * @throws {UsageError} if `missing` is no whole number where all others are.
 */
export function columnOf(file: string, given: ColumnTexts, options: ColumnOptions): Column {
  const { texts } = given;
  const areNumbers = (): boolean =>
    texts.every((text) => text === null || !Number.isNaN(numberOf(text)));
  const isListed = options.categories !== undefined;
  const type = options.type ?? (!isListed && areNumbers() ? "f32" : "category");
  const fill = options.missing ?? { f32: NaN, i32: "error" as const, category: -1 }[type];
  if (type !== "f32" && fill !== "error" && !Number.isInteger(fill)) {
    const rule = `missing must be a whole number for ${given.name}`;
    throw new UsageError("parseTable", rule, { got: `${fill}` });
  }
  const categories = type === "category" ? (options.categories ?? sorted(texts)) : undefined;
  const convert = converter(file, given, type, categories);
  const data = new (type === "f32" ? Float32Array : Int32Array)(texts.length);
  let missing = 0;
  texts.forEach((text, row) => {
    if (text !== null) {
      data[row] = convert(text, row);
      return;
    }
    if (fill === "error") {
      throw new DataError(file, `column ${given.name} must have every value`, {
        got: `none at ${given.place(row)}`,
        remedy: "Pass a number as `missing`, or dropMissing: true.",
      });
    }
    data[row] = fill;
    missing++;
  });
  const values: HostArray = { dtype: type === "f32" ? "f32" : "i32", shape: [texts.length], data };
  return { type, values, missing, ...(categories !== undefined && { categories }) };
}

function sorted(texts: readonly (string | null)[]): string[] {
  return [...new Set(texts)].filter((text) => text !== null).sort();
}

/** From a text to its number. */
function converter(
  file: string,
  { name, place }: ColumnTexts,
  type: ColumnType,
  categories: readonly string[] = [],
): (text: string, row: number) => number {
  const fail = (rule: string, text: string, row: number, remedy: string): DataError => {
    const got = `${JSON.stringify(text)} at ${place(row)}`;
    return new DataError(file, `column ${name} must ${rule}`, { got, remedy });
  };
  if (type === "category") {
    const codes = new Map(categories.map((category, code) => [category, code]));
    return (text, row) => {
      const code = codes.get(text);
      if (code !== undefined) return code;
      const list = categories.join(", ").slice(0, 80);
      throw fail(`hold one of ${list}`, text, row, "Add it to `categories` or to `missing`.");
    };
  }
  const isFit = (value: number): boolean => type === "f32" || value === (value | 0);
  const rule = type === "f32" ? "hold numbers" : "hold whole numbers below 2³¹";
  return (text, row) => {
    const value = numberOf(text);
    if (!Number.isNaN(value) && isFit(value)) return value;
    throw fail(rule, text, row, 'Make it a "category", or name the text in `missing`.');
  };
}
