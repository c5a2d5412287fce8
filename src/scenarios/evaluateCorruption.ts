// EvaluateCorruption: how much worse a model gets on data that are made worse.

import { type Corruption, corruptions as defaults } from "../augment/corruptions.ts";
import { compile } from "../compile/compile.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import { Generator } from "../ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { EvaluateResult } from "./evaluate.ts";
import { type Portion, requirePortion } from "./inOrder.ts";
import { type Measured, metricPass, resultsOf } from "./metricPass.ts";
import { type RunOptions, Scenario } from "./scenario.ts";

/** Settings of `EvaluateCorruption`. */
export interface EvaluateCorruptionSettings extends Partial<Portion> {
  /** Default: 1 to 5. */
  readonly severities?: readonly number[];
  /** Of what is random in corruptions; each begins with it anew. Default 0. */
  readonly seed?: number;
  /** Record the model's GPU commands once and send them again. Default true. */
  readonly compiled?: boolean;
}

/** Parts of `EvaluateCorruption`. */
export interface EvaluateCorruptionParts extends Measured {
  /** A data set, or a feed: an epoch of it, in order. */
  readonly data: Dataset | Feed;
  /** By name. Default: those of renga/augment, for images in [0, 1]. */
  readonly corruptions?: Readonly<Record<string, Corruption>>;
  /** The error that metrics mean. Default: 1 − accuracy. */
  readonly error?: (metrics: EvaluateResult) => number;
}

/** A line of the table. */
export interface CorruptionRow {
  readonly corruption: string;
  readonly severity: number;
  readonly metrics: EvaluateResult;
  readonly error: number;
}

/** A line of the table is there. */
export interface CorruptionEvent extends CorruptionRow {
  readonly type: "row";
  readonly row: number;
  readonly rows: number;
}

/** What an evaluation under corruptions gives. */
export interface CorruptionResult {
  /** Of the data as they are. */
  readonly clean: EvaluateResult;
  readonly cleanError: number;
  readonly rows: readonly CorruptionRow[];
  /** Mean over severities, by corruption. */
  readonly errors: EvaluateResult;
  /** Mean over corruptions of these. */
  readonly meanError: number;
  /** The mean error less that on the data as they are. */
  readonly relativeError: number;
}

/**
 * Metrics of a model over data as they are, and under each corruption at each severity.
 *
 *     const { rows, relativeError } = await new EvaluateCorruption()({ model, data, metrics: [new Accuracy()] });
 *
 * @see Hendrycks & Dietterich 2019, Benchmarking Neural Network Robustness to Common Corruptions and
 *      Perturbations, §4. Errors are not divided by those of another model here.
 */
export class EvaluateCorruption extends Scenario<EvaluateCorruptionParts, CorruptionResult> {
  readonly settings: EvaluateCorruptionSettings;

  constructor(settings: EvaluateCorruptionSettings = {}) {
    super();
    requirePortion("EvaluateCorruption", settings);
    this.settings = settings;
  }

  async *run(
    parts: EvaluateCorruptionParts,
    { signal }: RunOptions = {},
  ): AsyncGenerator<CorruptionEvent, CorruptionResult> {
    const { severities = [1, 2, 3, 4, 5], seed = 0, compiled = true } = this.settings;
    const { corruptions = defaults, error = errorOf } = parts;
    const portion = { batchSize: 64, batches: Infinity, ...this.settings };
    const recorded = compiled ? compile(parts.model) : undefined;
    const model = recorded ?? parts.model;
    /** Metrics of the data with changed inputs. */
    const pass = async (change: (inputs: Tensor) => Tensor): Promise<EvaluateResult> => {
      const given = { ...parts, model: (inputs: Tensor): Tensor => model(change(inputs)) };
      for await (const _ of metricPass("EvaluateCorruption", given, portion, signal));
      return resultsOf(parts.metrics);
    };
    const rows: CorruptionRow[] = [];
    const count = Object.keys(corruptions).length * severities.length;
    try {
      const clean = await pass((inputs) => inputs);
      const cleanError = error(clean);
      for (const [corruption, worsen] of Object.entries(corruptions)) {
        for (const severity of severities) {
          const generator = new Generator(seed);
          const metrics = await pass((inputs) => worsen(inputs, severity, generator));
          const row = { corruption, severity, metrics, error: error(metrics) };
          rows.push(row);
          yield { type: "row", ...row, row: rows.length, rows: count };
        }
      }
      return { clean, cleanError, rows, ...summary(rows, cleanError) };
    } finally {
      recorded?.dispose();
    }
  }
}

function errorOf({ accuracy }: EvaluateResult): number {
  if (accuracy !== undefined) return 1 - accuracy;
  throw new UsageError("EvaluateCorruption", "there must be an error to compare", {
    remedy: "Give it the metric new Accuracy(), or say which error the metrics mean.",
  });
}

function summary(
  rows: readonly CorruptionRow[],
  cleanError: number,
): Pick<CorruptionResult, "errors" | "meanError" | "relativeError"> {
  const mean = (values: readonly number[]): number =>
    values.reduce((total, value) => total + value, 0) / values.length;
  const names = [...new Set(rows.map(({ corruption }) => corruption))];
  const errors = names.map((name) => {
    return mean(rows.filter((row) => row.corruption === name).map((row) => row.error));
  });
  const meanError = mean(errors);
  return {
    errors: Object.fromEntries(names.map((name, i) => [name, errors[i] as number])),
    meanError,
    relativeError: meanError - cleanError,
  };
}
