// Trains and evaluates a digit classifier. Knows no host: files come from a source, results go to a
// workspace, and whoever watches gets events.

import { type Tensor, argMax, init, memory, scope, setSeed } from "../../src/index.ts";
import {
  DataLoader,
  type Dataset,
  type FileSource,
  sliceExamples,
  toTensors,
  toUnitFloat,
} from "../../src/data/index.ts";
import { Accuracy } from "../../src/metrics/index.ts";
import { Adam, cosineDecay } from "../../src/optimizers/index.ts";
import { Evaluate, SupervisedTrain, type TrainEvent } from "../../src/scenarios/index.ts";
import type { Workspace } from "../../src/workspace/index.ts";
import { loadDigits } from "./dataset.ts";
import { digitsLoss } from "./loss.ts";
import { digitsNet } from "./net.ts";

/** What the user chooses. */
export interface DigitsOptions {
  /** Default: three passes over the data. */
  readonly steps?: number;
  readonly seed: number;
  readonly resume: boolean;
  /** Steps between step events. Default 20. */
  readonly logEvery?: number;
  /** Ends the run after the step under way; it saves first. */
  readonly signal?: AbortSignal;
}

/** A test image with what the network says. */
export interface Sample {
  readonly pixels: readonly number[];
  readonly label: number;
  readonly predicted: number;
}

/** What a watcher hears. */
export type DigitsEvent =
  | TrainEvent
  | { readonly type: "device"; readonly adapter: string; readonly runtime: string }
  | { readonly type: "data"; readonly train: number; readonly test: number }
  /** The network, to be asked while it learns. */
  | { readonly type: "model"; readonly model: (images: Tensor) => Tensor }
  | {
      readonly type: "result";
      readonly accuracy: number;
      /** Test images by label and prediction. */
      readonly confusion: readonly (readonly number[])[];
      readonly samples: readonly Sample[];
      readonly gpuBytes: number;
    };

const BATCH_SIZE = 100;
const EPOCHS = 3;
const LEARNING_RATE = 0.002;
const SAMPLES = 8;

export async function trainDigits(
  options: DigitsOptions,
  workspace: Workspace,
  emit: (event: DigitsEvent) => unknown,
  source?: FileSource,
): Promise<void> {
  const { seed, resume, logEvery = 20, signal } = options;
  const { train: trainSet, test: testSet } = await loadDigits(source);
  const { adapter, runtime } = await init();
  await emit({ type: "device", adapter, runtime });
  await emit({ type: "data", train: trainSet.size, test: testSet.size });
  setSeed(seed);

  const model = digitsNet();
  await emit({ type: "model", model });
  const data = new DataLoader(trainSet, { batchSize: BATCH_SIZE, shuffle: true, seed });
  const testData = new DataLoader(testSet, { batchSize: 500 });
  const steps = options.steps ?? EPOCHS * data.batchesPerEpoch;
  const evaluation = new Evaluate();
  const evaluate = () => evaluation({ model, data: testData, metrics: [new Accuracy()] });
  const train = new SupervisedTrain({
    steps,
    workspace,
    resume,
    logEvery,
    evaluateEvery: Math.max(1, Math.ceil(steps / 6)),
    saveEvery: 100,
  });
  const optimizer = new Adam();
  const schedule = cosineDecay({ initial: LEARNING_RATE, steps });
  const parts = { model, optimizer, schedule, loss: digitsLoss, data, evaluate };
  const run = train.run(parts, signal === undefined ? {} : { signal });
  for await (const event of run) await emit(event);
  if (signal?.aborted) return;

  const { accuracy = NaN } = await evaluate();
  const confusion = await confusionMatrix(model, testSet);
  const samples = await predictSamples(model, testSet);
  await emit({ type: "result", accuracy, confusion, samples, gpuBytes: memory().bytes });
}

type Net = ReturnType<typeof digitsNet>;

async function predict(model: Net, data: Dataset): Promise<number[]> {
  const predicted: number[] = [];
  for await (const batch of new DataLoader(data, { batchSize: 500, epochs: 1 })) {
    const classes = scope(() => argMax(model(toTensors(batch).inputs as never)));
    predicted.push(...(await classes.data()));
    classes.dispose();
  }
  return predicted;
}

async function confusionMatrix(model: Net, data: Dataset): Promise<number[][]> {
  const counts = Array.from({ length: 10 }, () => Array<number>(10).fill(0));
  const predicted = await predict(model, data);
  data.fields.labels?.data.forEach((label, i) => {
    const row = counts[label];
    const column = predicted[i];
    if (row !== undefined && column !== undefined) row[column] = (row[column] ?? 0) + 1;
  });
  return counts;
}

async function predictSamples(model: Net, data: Dataset): Promise<Sample[]> {
  const few = sliceExamples(data, 0, SAMPLES);
  const predicted = await predict(model, few);
  const { inputs } = toUnitFloat(few.fields);
  const pixels = inputs?.data ?? [];
  const size = pixels.length / few.size;
  return predicted.map((digit, i) => ({
    pixels: [...pixels.slice(i * size, (i + 1) * size)],
    label: few.fields.labels?.data[i] ?? -1,
    predicted: digit,
  }));
}
