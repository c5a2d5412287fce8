// Predict: a model's outputs for many examples.

import { type Compiled, compile } from "../compile/compile.ts";
import { toHostArray, toTensor } from "../data/batchTensors.ts";
import type { Batch } from "../data/dataLoader.ts";
import type { HostArray } from "../data/hostArray.ts";
import { joinRows } from "../data/joinRows.ts";
import { DataError, ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { requireFields } from "./fields.ts";
import { type PredictData, inOrder, requirePortion } from "./inOrder.ts";
import { type RunOptions, Scenario } from "./scenario.ts";

/** Settings of `Predict`. */
export interface PredictSettings {
  /** Examples of a data set at once. Feeds and streams have batches of their own. Default 64. */
  readonly batchSize?: number;
  /** Batches to use. Default: all; of a feed, those of an epoch. */
  readonly batches?: number;
  /** Whether the result holds all outputs. Without, they are in the events alone. Default true. */
  readonly collect?: boolean;
  /** Record the GPU commands once per shape of a batch and send them again. Default true. */
  readonly compiled?: boolean;
}

/** Parts of `Predict`. */
export interface PredictParts {
  /** Gives a tensor, or several by name, with a row per example. */
  readonly model: (...inputs: Tensor[]) => Tensor | Readonly<Record<string, Tensor>>;
  /** A data set, a feed, or a stream of batches, which may be of different sizes. */
  readonly data: PredictData;
  /** Fields that the model gets, in its order. Default "inputs". */
  readonly inputs?: string | readonly string[];
}

/** Outputs by name; those of a model that gives one tensor are "outputs". */
export type PredictResult = Readonly<Record<string, HostArray>>;

/** Outputs of a batch, in the order of the data. */
export interface PredictEvent {
  readonly type: "batch";
  /** Counted from 0. */
  readonly batch: number;
  readonly fields: Batch;
  readonly outputs: PredictResult;
}

/** A batch whose outputs are on their way. */
interface Pending {
  readonly fields: Batch;
  readonly outputs: Promise<PredictResult>;
}

type Run = (...inputs: Tensor[]) => Readonly<Record<string, Tensor>>;

/**
 * Runs a model over data. The GPU works on the next batches while outputs are read; how far it is ahead
 * is bounded. A feed stands where it stood afterwards.
 *
 *     const { outputs } = await new Predict()({ model, data });
 *     for await (const { outputs, fields } of new Predict({ collect: false }).run({ model, data: stream })) …
 */
export class Predict extends Scenario<PredictParts, PredictResult> {
  readonly settings: PredictSettings;

  /** @throws {UsageError} unless counts are positive integers. */
  constructor(settings: PredictSettings = {}) {
    super();
    requirePortion("Predict", settings);
    this.settings = settings;
  }

  async *run(
    parts: PredictParts,
    options: RunOptions = {},
  ): AsyncGenerator<PredictEvent, PredictResult> {
    const { collect = true, compiled = true, ...given } = this.settings;
    const portion = { batchSize: 64, batches: Infinity, ...given };
    const names = [parts.inputs ?? "inputs"].flat();
    const run: Run = (...inputs) => untaped(() => named(parts.model(...inputs)));
    const recorded = compiled ? compile(run) : undefined;
    const { ahead } = device().readPolicy;
    const pending: Pending[] = [];
    const all: PredictResult[] = [];
    let batch = 0;
    const settle = async ({ fields, outputs }: Pending): Promise<PredictEvent> => {
      const event = { type: "batch", batch: batch++, fields, outputs: await outputs } as const;
      if (collect) all.push(event.outputs);
      return event;
    };
    try {
      for await (const fields of inOrder("Predict", parts.data, portion)) {
        options.signal?.throwIfAborted();
        if (batch + pending.length === 0) await warmUp(recorded, fields, names);
        pending.push({ fields, outputs: outputsOf(recorded ?? run, fields, names) });
        while (pending.length > ahead) yield await settle(pending.shift() as Pending);
      }
      for (const one of pending.splice(0)) yield await settle(one);
    } finally {
      recorded?.dispose();
    }
    if (batch === 0) throw new DataError("Predict", "there must be a batch");
    return joined(all);
  }
}

function named(
  outputs: Tensor | Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  return outputs instanceof Tensor ? { outputs } : outputs;
}

function inputsOf(fields: Batch, names: readonly string[]): Tensor[] {
  const given = names.filter((name) => name in fields);
  const tensors = given.map((name) => [name, toTensor(fields[name] as HostArray)] as const);
  return requireFields("Predict", Object.fromEntries(tensors), ...names);
}

/** Makes variables, and compiles pipelines. */
async function warmUp(
  recorded: Compiled<Tensor[], ReturnType<Run>> | undefined,
  fields: Batch,
  names: readonly string[],
): Promise<void> {
  const inputs = inputsOf(fields, names);
  await recorded?.prepare(inputs);
  for (const one of inputs) one.dispose();
}

/** Outputs on their way: reads have begun when this returns. */
function outputsOf(run: Run, fields: Batch, names: readonly string[]): Promise<PredictResult> {
  const rows = fields[names[0] as string]?.shape[0];
  const outputs = scope(() => run(...inputsOf(fields, names)));
  const reads = Object.entries(outputs).map(async ([name, x]) => {
    return [name, await toHostArray(x)] as const;
  });
  for (const [name, x] of Object.entries(outputs)) {
    x.dispose();
    if (x.shape[0] === rows) continue;
    throw new ShapeError("Predict", "outputs must have a row per example", {
      got: `${name} ${shapeText(x.shape)} for ${rows} examples`,
    });
  }
  device().recorder.flush();
  const all = Promise.all(reads);
  all.catch(() => undefined); // thrown where it is awaited
  return all.then((entries) => Object.fromEntries(entries));
}

function joined(all: readonly PredictResult[]): PredictResult {
  const names = Object.keys(all[0] ?? {});
  const entries = names.map((name) => {
    return [
      name,
      joinRows(
        `Predict: ${name}`,
        all.map((outputs) => outputs[name] as HostArray),
      ),
    ];
  });
  return Object.fromEntries(entries) as PredictResult;
}
