// The metrics of a run as functions of rows.

import { UsageError } from "../errors.ts";
import { finiteScore } from "./bootstrap.ts";
import type { ReportSettings } from "./reportOptions.ts";
import type { RowScore } from "./resample.ts";
import type { Run } from "./run.ts";

const OP = "EvaluationReport";

/** Names of all metrics of a run: of examples, then statistics, then plain numbers. */
export function metricsOf(run: Run, settings: ReportSettings): string[] {
  const statistics = run.size > 0 ? Object.keys(settings.statistics) : [];
  return [...Object.keys(run.examples), ...statistics, ...Object.keys(run.metrics)];
}

/** A metric of a run as a function of rows. */
export function scoreOf(run: Run, metric: string, settings: ReportSettings): RowScore {
  const values = Object.hasOwn(run.examples, metric) ? run.examples[metric] : undefined;
  if (values) {
    return (rows) => {
      let sum = 0;
      for (let i = 0; i < rows.length; i++) sum += values[rows[i] as number] as number;
      return sum / rows.length;
    };
  }
  const { statistics } = settings;
  const statistic = Object.hasOwn(statistics, metric) ? statistics[metric] : undefined;
  if (statistic && run.size > 0) return finiteScore(OP, metric, (rows) => statistic(run, rows));
  const value = Object.hasOwn(run.metrics, metric) ? run.metrics[metric] : undefined;
  if (value !== undefined) return () => value;
  throw new UsageError(OP, "there must be a metric of that name", {
    got: `${JSON.stringify(metric)} for ${run.model}`,
    remedy: `There are: ${metricsOf(run, settings).join(", ")}.`,
  });
}
