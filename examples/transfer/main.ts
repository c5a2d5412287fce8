// From digits to clothes: low-rank adapters beside training everything, from digits or from nothing.

import { init, setSeed } from "../../src/index.ts";
import { DataLoader, type Dataset } from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Accuracy } from "../../src/metrics/index.ts";
import { addLoRA } from "../../src/nn/index.ts";
import { Adam, type Schedule, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import {
  Evaluate,
  FineTune,
  type FineTuneParts,
  SupervisedTrain,
} from "../../src/scenarios/index.ts";
import { type Checkpoint, latestCheckpoint, subfolder } from "../../src/workspace/index.ts";
import type { Emit, Example } from "../example.ts";
import { loadImages } from "./dataset.ts";
import { TransferNet } from "./net.ts";

const STEPS = 1000;
const BATCH_SIZE = 64;
const RANK = 4;

/** Learning rates of what trains everything, and of adapters, whose second factors begin at 0. */
const [RATE, ADAPTER_RATE] = [2e-3, 5e-3];

const rateOf = (initial: number, steps: number): Schedule =>
  warmup(cosineDecay({ initial, steps, final: initial / 20 }), 20);

/** What each way of learning the clothes begins with, and what of it trains. */
const WAYS: Readonly<Record<string, (digits: Checkpoint) => Way>> = {
  "from nothing": () => ({ model: new TransferNet(), rate: RATE }),
  everything: (checkpoint) => {
    const model = new TransferNet();
    return { model, rate: RATE, pretrained: { checkpoint }, fresh: [model.head] };
  },
  adapters: (checkpoint) => {
    const model = new TransferNet();
    const adapters = addLoRA(model, { rank: RANK, only: (layer) => layer !== model.head });
    const trained = [...adapters, model.head];
    return { model, rate: ADAPTER_RATE, pretrained: { checkpoint }, fresh: [model.head], trained };
  },
  "the head": (checkpoint) => {
    const model = new TransferNet();
    const { head } = model;
    return { model, rate: RATE, pretrained: { checkpoint }, fresh: [head], trained: [head] };
  },
};

interface Way extends Pick<FineTuneParts, "pretrained" | "fresh" | "trained"> {
  readonly model: TransferNet;
  readonly rate: number;
}

export const transfer: Example = async (options, workspace, emit) => {
  const { seed, steps = STEPS, files } = options;
  await emit(`${(await init()).adapter}; ${steps} steps on digits, then on clothes`);
  const loader = (train: Dataset): DataLoader =>
    new DataLoader(train, { batchSize: BATCH_SIZE, shuffle: true, seed, dropLast: true });
  const digits = await loadImages(files, "mnist");
  setSeed(seed);
  const first = subfolder(workspace, "digits");
  await new SupervisedTrain({ steps, workspace: first, resume: true })({
    model: new TransferNet(),
    optimizer: new Adam(),
    schedule: rateOf(RATE, steps),
    loss: crossEntropy,
    data: loader(digits.train),
  });
  const checkpoint = (await latestCheckpoint(first, "checkpoints/"))?.checkpoint as Checkpoint;
  const clothes = await loadImages(files, "fashion-mnist");
  for (const [name, make] of Object.entries(WAYS)) {
    setSeed(seed + 1);
    const way = { ...make(checkpoint), data: loader(clothes.train) };
    const accuracy = await learn(name, way, clothes.test, steps, emit);
    await emit(`${name}: ${(100 * accuracy).toFixed(2)} % of clothes`);
  }
};

/** Trains in one way and returns the accuracy on test images. */
async function learn(
  name: string,
  { rate, ...parts }: Way & { readonly data: DataLoader },
  test: Dataset,
  steps: number,
  emit: Emit,
): Promise<number> {
  const run = new FineTune({ steps, logEvery: 100 }).run({
    ...parts,
    optimizer: new Adam(),
    loss: crossEntropy,
    schedule: rateOf(rate, steps),
  });
  for await (const event of run) {
    if (event.type === "parameters") {
      await emit(`${name}: ${event.trainedSize} of ${event.trainedSize + event.frozenSize} train`);
    } else if (event.type === "step") {
      await emit({ type: "curve", step: event.step, values: { [name]: event.loss } });
    }
  }
  const data = new DataLoader(test, { batchSize: 500 });
  const metrics = [new Accuracy()];
  return (await new Evaluate()({ model: parts.model, data, metrics })).accuracy as number;
}
