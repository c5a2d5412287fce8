// Rows of a report's table.

import type { Estimate } from "./interval.ts";
import { metricsOf, scoreOf } from "./metricScore.ts";
import { allRows } from "./resample.ts";
import type { Sampling } from "./sampling.ts";
import type { Variant } from "./variant.ts";

/** A metric of a row. */
export interface RowMetric extends Estimate {
  /** Standard deviation over seeds (n − 1), where there are several. */
  readonly deviation?: number;
}

/** A model at a checkpoint, or one run of it. */
export interface ReportRow {
  readonly name: string;
  readonly model: string;
  readonly checkpoint?: number | string;
  /** How many runs, one per seed. */
  readonly runs: number;
  readonly examples: number;
  readonly metrics: Readonly<Record<string, RowMetric>>;
}

function deviationOf(values: readonly number[]): { deviation?: number } {
  if (values.length < 2) return {};
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** The row of a variant. */
export function rowOf(sampling: Sampling, variant: Variant): ReportRow {
  const { settings } = sampling;
  const [first] = variant.runs;
  const metrics = metricsOf(first, settings).map((metric) => {
    const values = variant.runs.map((run) => scoreOf(run, metric, settings)(allRows(run.size)));
    const estimate = sampling.estimate(sampling.of(variant, metric));
    return [metric, { ...estimate, ...deviationOf(values) }] as const;
  });
  return {
    ...{ name: variant.name, model: first.model, runs: variant.runs.length, examples: first.size },
    ...(first.checkpoint === undefined ? {} : { checkpoint: first.checkpoint }),
    metrics: Object.fromEntries(metrics),
  };
}

/** The runs of a variant, each as a variant of its own. */
export function singles(variant: Variant): Variant[] {
  if (variant.runs.length === 1) return [variant];
  return variant.runs.map((run) => {
    const name = `${variant.name}, seed ${run.seed ?? "–"}`;
    return { name, draws: variant.draws, runs: [run] };
  });
}
