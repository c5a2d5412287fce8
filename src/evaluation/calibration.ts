// Whether a model is right as often as it says.

import { UsageError } from "../errors.ts";
import type { Statistic } from "./classStatistics.ts";
import { allRows } from "./resample.ts";
import { type Run, requireField } from "./run.ts";

/** Bins of the calibration error. */
const BINS = 15;

/** Examples whose confidence lies in one bin. */
export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly examples: number;
  /** Mean confidence; 0 in an empty bin. */
  readonly confidence: number;
  /** Share of right predictions; 0 in an empty bin. */
  readonly accuracy: number;
}

/** Sums over each bin. */
interface BinSums {
  readonly examples: Float64Array;
  readonly confidence: Float64Array;
  readonly hits: Float64Array;
}

const emptyBins = (count: number): BinSums => ({
  examples: new Float64Array(count),
  confidence: new Float64Array(count),
  hits: new Float64Array(count),
});

/** Adds the rows of a run. The right end belongs to a bin, and 0 to the first. */
function fillBins({ examples, confidence, hits }: BinSums, run: Run, rows: Uint32Array): void {
  const op = "calibration";
  const labels = requireField(op, run, "labels");
  const predictions = requireField(op, run, "predictions");
  const confidences = requireField(op, run, "confidences");
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const value = confidences[row] as number;
    const bin = Math.max(0, Math.ceil(value * examples.length) - 1);
    examples[bin] = (examples[bin] as number) + 1;
    confidence[bin] = (confidence[bin] as number) + value;
    if (labels[row] === predictions[row]) hits[bin] = (hits[bin] as number) + 1;
  }
}

/** @throws {UsageError} if there is no bin, or a run came without a field that is needed. */
export function calibrationBins(runs: readonly Run[], count: number): CalibrationBin[] {
  if (!(Number.isInteger(count) && count > 0)) {
    const rule = "bins must be a positive integer";
    throw new UsageError("EvaluationReport.calibration", rule, { got: String(count) });
  }
  const sums = emptyBins(count);
  for (const run of runs) fillBins(sums, run, allRows(run.size));
  return Array.from(sums.examples, (examples, i) => ({
    ...{ low: i / count, high: (i + 1) / count, examples },
    confidence: (sums.confidence[i] as number) / Math.max(1, examples),
    accuracy: (sums.hits[i] as number) / Math.max(1, examples),
  }));
}

/**
 * How far confidence is from accuracy, over 15 bins of equal width.
 *
 *   ECE = Σ_bins examples / N · |accuracy − confidence|
 *
 * @see Guo et al. 2017, On calibration of modern neural networks.
 */
export const expectedCalibrationError: Statistic = (run, rows) => {
  const sums = emptyBins(BINS);
  fillBins(sums, run, rows);
  const gaps = sums.hits.map((hits, i) => Math.abs(hits - (sums.confidence[i] as number)));
  return gaps.reduce((sum, gap) => sum + gap, 0) / rows.length;
};
