// Two values for each example, checked, and how they differ.

import { DataError } from "../errors.ts";

/** What a test found. */
export interface TestResult {
  /** Which form of the test was used, as text. */
  readonly method: string;
  readonly statistic: number;
  /** Two-sided. */
  readonly p: number;
}

/** Numbers, one per example; true counts as 1. */
export type ExampleValues = ArrayLike<number | boolean>;

/**
 * The values as numbers.
 *
 * @throws {DataError} if there are none, or one is no finite number.
 */
export function finiteValues(op: string, name: string, values: ExampleValues): Float64Array {
  if (!(values?.length > 0)) {
    throw new DataError(op, `${name} must have a value for each example`, { got: "none" });
  }
  return Float64Array.from({ length: values.length }, (_, i) => {
    const value = values[i];
    if (typeof value === "boolean" || Number.isFinite(value)) return Number(value);
    const remedy = "Leave such examples out of every run, or give them a value.";
    throw new DataError(op, `${name} must be finite numbers`, {
      ...{ got: `${String(value)} at example ${i}`, remedy, name, example: i },
    });
  });
}

/** @throws {DataError} unless two runs have as many examples. */
export function requirePairs(op: string, a: number, b: number): void {
  if (a === b) return;
  throw new DataError(op, "a paired comparison needs the same examples on both sides", {
    got: `${a} and ${b} examples`,
    remedy: "Evaluate both on one set, in one order.",
  });
}

/** aₙ − bₙ for the same examples in the same order. */
export function pairedDifferences(op: string, a: ExampleValues, b: ExampleValues): Float64Array {
  const [first, second] = [finiteValues(op, "a", a), finiteValues(op, "b", b)];
  requirePairs(op, first.length, second.length);
  return first.map((value, i) => value - (second[i] as number));
}
