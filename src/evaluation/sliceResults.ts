// A metric on each slice of the examples, and the worst of them.

import { UsageError } from "../errors.ts";
import type { Estimate } from "./interval.ts";
import type { Sampling } from "./sampling.ts";
import { slicesOf } from "./slices.ts";
import type { Variant } from "./variant.ts";

/** A metric on a part of the examples. */
export interface SliceResult extends Estimate {
  readonly slice: string;
  readonly examples: number;
  /** The slice's value less that of all examples. */
  readonly gap: number;
}

/** Which slices count as worst. */
export interface WorstSlicesOptions {
  /** Default: the report's primary metric. */
  readonly metric?: string;
  /** How many. Default 5. */
  readonly count?: number;
  /** Slices with fewer examples are left out: chance alone makes them extreme. Default 10. */
  readonly minimum?: number;
}

/** Every slice of a variant, in the order in which its fields were given. */
export function sliceResults(sampling: Sampling, variant: Variant, metric: string): SliceResult[] {
  const whole = sampling.of(variant, metric).value;
  return slicesOf(variant.runs[0].slices).map((slice) => {
    const estimate = sampling.estimate(sampling.of(variant, metric, slice));
    const { name, rows } = slice;
    return { slice: name, examples: rows.length, ...estimate, gap: estimate.value - whole };
  });
}

/** The worst of some slices, the worst first. */
export function worstOf(
  results: readonly SliceResult[],
  isLowerBetter: boolean,
  { count = 5, minimum = 10 }: WorstSlicesOptions,
): SliceResult[] {
  if (!(Number.isInteger(count) && count > 0)) {
    throw new UsageError("EvaluationReport.worstSlices", "count must be a positive integer", {
      got: String(count),
    });
  }
  const sign = isLowerBetter ? -1 : 1;
  const large = results.filter(({ examples }) => examples >= minimum);
  return large.sort((a, b) => sign * (a.value - b.value)).slice(0, count);
}
