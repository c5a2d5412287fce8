// Evaluate: metrics of a model over a data set.

import { type Portion, type PredictData, batchesOf, requirePortion } from "./inOrder.ts";
import { type Measured, metricPass, resultsOf } from "./metricPass.ts";
import { type RunOptions, Scenario } from "./scenario.ts";

/** Settings of `Evaluate`. */
export interface EvaluateSettings extends Partial<Portion> {
  /** Examples of a data set at once. Feeds and streams have batches of their own. Default 64. */
  readonly batchSize?: number;
  /** Batches to use. Default: all; of a feed, those of an epoch. */
  readonly batches?: number;
}

/** Parts of `Evaluate`. */
export interface EvaluateParts extends Measured {
  /** A data set, a feed, or a stream of batches, which may be of different sizes. */
  readonly data: PredictData;
}

/** Progress of an evaluation. */
export interface EvaluateEvent {
  readonly type: "batch";
  /** Counted from 0. */
  readonly batch: number;
  /** Undefined where nobody knows: of streams. */
  readonly batches: number | undefined;
}

/** Metrics by name. */
export type EvaluateResult = Readonly<Record<string, number>>;

/**
 * One pass over the data, of a loader from its beginning; a feed stands where it stood afterwards.
 * Values are read from the GPU once, at the end.
 *
 *     const { accuracy } = await new Evaluate()({ model, data: test, metrics: [new Accuracy()] });
 *
 * For a number per example, which `EvaluationReport` compares models by, there is the metric `PerExample`.
 */
export class Evaluate extends Scenario<EvaluateParts, EvaluateResult> {
  readonly settings: EvaluateSettings;

  /** @throws {UsageError} unless counts are positive integers. */
  constructor(settings: EvaluateSettings = {}) {
    super();
    requirePortion("Evaluate", settings);
    this.settings = settings;
  }

  async *run(
    parts: EvaluateParts,
    { signal }: RunOptions = {},
  ): AsyncGenerator<EvaluateEvent, EvaluateResult> {
    const portion = { batchSize: 64, batches: Infinity, ...this.settings };
    const batches = batchesOf(parts.data, portion);
    for await (const batch of metricPass("Evaluate", parts, portion, signal)) {
      yield { type: "batch", batch, batches };
    }
    return resultsOf(parts.metrics);
  }
}
