// Settings of a report.

import { UsageError } from "../errors.ts";
import type { Statistic } from "./classStatistics.ts";
import { type BootstrapOptions, checkBootstrap } from "./interval.ts";

/** Settings of `EvaluationReport`. */
export interface ReportOptions extends BootstrapOptions {
  /** Default "Evaluation". */
  readonly title?: string;
  /** Names of the classes, by index. */
  readonly classes?: readonly string[];
  /** Metrics that are no means over examples: `{ macroF1 }`. */
  readonly statistics?: Readonly<Record<string, Statistic>>;
  /** Metrics whose smaller values are better. Default `["loss", "error"]`. */
  readonly lowerIsBetter?: readonly string[];
  /** The metric that comparisons, classes and slices are about. Default: the first there is. */
  readonly primary?: string;
  /**
   * What is drawn anew where a model has several seeds. "both" draws seeds and, apart from them,
   * examples, the same for all seeds since all saw the same: it says how sure we are of the way to
   * train, on such examples. "examples" takes these trained models as given, "seeds" these
   * examples. With few seeds, intervals over seeds are too narrow. Default "both".
   */
  readonly over?: "both" | "examples" | "seeds";
}

/** All settings, but for what has no default. */
export type ReportSettings = Required<Omit<ReportOptions, "primary">> & {
  readonly primary: string | undefined;
};

/** @throws {UsageError} if a setting cannot be. */
export function checkReportOptions(options: ReportOptions): ReportSettings {
  const op = "EvaluationReport";
  const { over = "both" } = options;
  if (!["both", "examples", "seeds"].includes(over)) {
    throw new UsageError(op, 'over must be "both", "examples" or "seeds"', { got: over });
  }
  return {
    ...checkBootstrap(op, options),
    over,
    title: options.title ?? "Evaluation",
    classes: [...(options.classes ?? [])],
    statistics: { ...options.statistics },
    lowerIsBetter: [...(options.lowerIsBetter ?? ["loss", "error"])],
    primary: options.primary,
  };
}
