// Evaluate: metrics of a model over a data set.

import type { Batch, DataLoader } from "../data/dataLoader.ts";
import { toTensors } from "../data/batchTensors.ts";
import { device } from "../gpu/device.ts";
import { untaped } from "../ops/tape.ts";
import type { Metric } from "../metrics/metric.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type RunOptions, Scenario } from "./scenario.ts";

/** Settings of `Evaluate`. */
export interface EvaluateSettings {
  /** Batches to use; all of one epoch by default. */
  readonly batches?: number;
}

/** Parts of `Evaluate`. */
export interface EvaluateParts {
  readonly model: (inputs: Tensor) => Tensor;
  readonly data: DataLoader;
  /** Each is given the model's output and the labels. */
  readonly metrics: readonly Metric<[Tensor, Tensor]>[];
  /** Fields of the data. Default "inputs" and "labels". */
  readonly inputs?: string;
  readonly labels?: string;
}

/** Progress of an evaluation. */
export interface EvaluateEvent {
  readonly type: "batch";
  readonly batch: number;
  readonly batches: number;
}

/** Metrics by name. */
export type EvaluateResult = Readonly<Record<string, number>>;

/**
 * One pass over the data, from its beginning; the loader stands where it stood afterwards. Values
 * are read from the GPU once, at the end.
 */
export class Evaluate extends Scenario<EvaluateParts, EvaluateResult> {
  readonly settings: EvaluateSettings;

  constructor(settings: EvaluateSettings = {}) {
    super();
    this.settings = settings;
  }

  async *run(
    parts: EvaluateParts,
    options: RunOptions = {},
  ): AsyncGenerator<EvaluateEvent, EvaluateResult> {
    const { data, metrics } = parts;
    const before = data.state();
    const batches = Math.min(this.settings.batches ?? Infinity, data.batchesPerEpoch);
    for (const metric of metrics) metric.reset();
    data.restore({ epoch: 0, batch: 0 });
    try {
      for (let batch = 0; batch < batches; batch++) {
        options.signal?.throwIfAborted();
        updateMetrics(parts, (await data.next()) as Batch);
        device().recorder.flush();
        yield { type: "batch", batch, batches };
      }
    } finally {
      data.restore(before);
    }
    const values = await Promise.all(metrics.map((metric) => metric.result()));
    return Object.fromEntries(metrics.map((metric, i) => [metric.name, values[i] as number]));
  }
}

function updateMetrics(parts: EvaluateParts, batch: Batch): void {
  const { inputs = "inputs", labels = "labels" } = parts;
  untaped(() =>
    scope(() => {
      const tensors = toTensors(batch);
      const outputs = parts.model(tensors[inputs] as Tensor);
      for (const metric of parts.metrics) metric.update(outputs, tensors[labels] as Tensor);
    }),
  );
}
