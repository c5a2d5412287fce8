// One pass of a model over data, for metrics.

import { toTensors } from "../data/batchTensors.ts";
import { device } from "../gpu/device.ts";
import type { Metric } from "../metrics/metric.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { requireFields } from "./fields.ts";
import { type Portion, type PredictData, inOrder } from "./inOrder.ts";

/** What is measured, by what. */
export interface Measured {
  readonly model: (inputs: Tensor) => Tensor;
  readonly data: PredictData;
  /** Each is given the model's output and the labels. */
  readonly metrics: readonly Metric<[Tensor, Tensor]>[];
  /** Fields of the data. Default "inputs" and "labels". */
  readonly inputs?: string;
  readonly labels?: string;
}

/** Begins the metrics anew and gives them batch after batch; yields how many were before. */
export async function* metricPass(
  op: string,
  { model, data, metrics, inputs = "inputs", labels = "labels" }: Measured,
  portion: Portion,
  signal: AbortSignal | undefined,
): AsyncGenerator<number> {
  for (const metric of metrics) metric.reset();
  let batch = 0;
  for await (const fields of inOrder(op, data, portion)) {
    signal?.throwIfAborted();
    untaped(() =>
      scope(() => {
        const given = requireFields(op, toTensors(fields), inputs, labels) as [Tensor, Tensor];
        const outputs = model(given[0]);
        for (const metric of metrics) metric.update(outputs, given[1]);
      }),
    );
    device().recorder.flush();
    yield batch++;
  }
}

/** The metrics' numbers by name: GPU memory is read now. */
export async function resultsOf(
  metrics: Measured["metrics"],
): Promise<Readonly<Record<string, number>>> {
  const entries = metrics.map(async (one) => [one.name, await one.result()] as const);
  return Object.fromEntries(await Promise.all(entries));
}
