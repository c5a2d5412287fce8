// The bootstrap of one number.

import { DataError } from "../errors.ts";
import {
  type BootstrapOptions,
  type Estimate,
  bcaInterval,
  checkBootstrap,
  percentileInterval,
} from "./interval.ts";
import { type RowScore, allRows, leaveOut, replicatesOf } from "./resample.ts";

/**
 * A statistic of `size` examples with its confidence interval, from draws with replacement.
 *
 * An interval of width zero means that all draws gave one number (all examples right, say), not
 * that the number is sure.
 *
 * @param statistic  Of the rows it is given, which may repeat.
 * @returns  the same for the same seed on every host.
 * @throws {UsageError} if an option cannot be.
 * @throws {DataError} if there is no example, or the statistic gives what is no finite number.
 * @see Efron and Tibshirani 1993, An introduction to the bootstrap.
 */
export function bootstrap(
  size: number,
  statistic: RowScore,
  options: BootstrapOptions = {},
): Estimate & { readonly interval: readonly [low: number, high: number] } {
  const settings = checkBootstrap("bootstrap", options);
  if (!(Number.isInteger(size) && size > 0)) {
    throw new DataError("bootstrap", "there must be an example", { got: `size ${size}` });
  }
  const score = finiteScore("bootstrap", "the statistic", statistic);
  const rows = allRows(size);
  const value = score(rows);
  const [replicates = new Float64Array(0)] = replicatesOf([score], rows, settings);
  const { level, method } = settings;
  if (method === "percentile") return { value, interval: percentileInterval(replicates, level) };
  return { value, interval: bcaInterval(replicates, value, [leaveOut(score, rows)], level) };
}

/** The score, which throws where it is no finite number. */
export function finiteScore(op: string, name: string, score: RowScore): RowScore {
  return (rows) => {
    const value = score(rows);
    if (Number.isFinite(value)) return value;
    throw new DataError(op, `${name} must give a finite number on any draw of the examples`, {
      got: String(value),
      remedy: "Say what it is where a class is absent or a denominator is zero.",
    });
  };
}
