// Samples by variant, metric and slice, kept while a report stands.

import { UsageError } from "../errors.ts";
import { type Estimate, bcaInterval, percentileInterval } from "./interval.ts";
import type { ReportSettings } from "./reportOptions.ts";
import { allRows } from "./resample.ts";
import { type Sample, drawSample } from "./sample.ts";
import type { Slice } from "./slices.ts";
import type { Variant } from "./variant.ts";

/** Replicates by variant, metric and slice. */
export class Sampling {
  readonly settings: ReportSettings;
  readonly #samples = new Map<string, Sample>();

  constructor(settings: ReportSettings) {
    this.settings = settings;
  }

  /** A metric of a variant, on a slice or on all examples. */
  of(variant: Variant, metric: string, slice?: Slice): Sample {
    if (slice && Object.hasOwn(variant.runs[0].metrics, metric)) {
      throw new UsageError("EvaluationReport", "a metric must come from examples to have parts", {
        got: `${metric}, a plain number`,
        remedy: "Give values per example, or a statistic.",
      });
    }
    const key = JSON.stringify([variant.name, metric, slice?.kind, slice?.name]);
    const rows = slice?.rows ?? allRows(variant.runs[0].size);
    const sample = this.#samples.get(key) ?? drawSample(variant, metric, rows, this.settings);
    this.#samples.set(key, sample);
    return sample;
  }

  /** The number with its interval. */
  estimate({ value, replicates, jackknives }: Sample): Estimate {
    const { level, method } = this.settings;
    if (!replicates) return { value };
    if (method === "percentile") return { value, interval: percentileInterval(replicates, level) };
    return { value, interval: bcaInterval(replicates, value, [...jackknives.values()], level) };
  }
}
