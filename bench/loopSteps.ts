// Steps per second of a tiny network: the replay alone, with batches from the host, and in
// SupervisedTrain with its loss logged or not. Capturing the step is left out.

import { type Tensor, compile, flush, init, scope, setSeed, tensor } from "../src/index.ts";
import { DataLoader, dataset, toTensors } from "../src/data/index.ts";
import { crossEntropy } from "../src/losses/index.ts";
import { MLP } from "../src/nn/index.ts";
import { Adam } from "../src/optimizers/index.ts";
import { SupervisedTrain } from "../src/scenarios/index.ts";

const BATCH = 16;
const WIDTH = 64;
const EXAMPLES = 4096;

/** Calls until a compiled step is captured. */
const CAPTURE = 3;

/** One way to spend `steps` training steps. Returns when the steps began, the capture being made. */
type Mode = (steps: number) => Promise<number>;

function parts() {
  setSeed(0);
  const inputs = Float32Array.from({ length: EXAMPLES * WIDTH }, (_, i) => Math.sin(i * 1.7));
  const labels = Int32Array.from({ length: EXAMPLES }, (_, i) => (i * 7) % 10);
  const set = dataset({
    inputs: { dtype: "f32", shape: [EXAMPLES, WIDTH], data: inputs },
    labels: { dtype: "i32", shape: [EXAMPLES], data: labels },
  });
  const data = new DataLoader(set, { batchSize: BATCH, shuffle: true });
  return { model: new MLP([64, 64, 10]), optimizer: new Adam(), loss: crossEntropy, data };
}

type Parts = ReturnType<typeof parts>;

const stepOf = ({ model, optimizer, loss }: Parts) => {
  return compile((x: Tensor, y: Tensor) => optimizer.minimize(() => loss(model(x), y), model));
};

const replay = (given: Parts): Mode => {
  const x = tensor(Array.from({ length: BATCH * WIDTH }, Math.sin), { shape: [BATCH, WIDTH] });
  const y = tensor(
    Array.from({ length: BATCH }, (_, i) => i % 10),
    { dtype: "i32" },
  );
  return async (steps) => {
    const step = stepOf(given);
    for (let i = 0; i < CAPTURE; i++) await step(x, y).item();
    const start = performance.now();
    for (let i = 1; i < steps; i++) {
      step(x, y).dispose();
      flush();
    }
    await step(x, y).item();
    step.dispose();
    return start;
  };
};

const withBatches =
  (given: Parts): Mode =>
  async (steps) => {
    const step = stepOf(given);
    let last: Tensor | undefined;
    let start = 0;
    for (let i = 0; i < CAPTURE + steps; i++) {
      if (i === CAPTURE) {
        await last?.item();
        start = performance.now();
      }
      const batch = await given.data.next();
      if (batch === undefined) break;
      last?.dispose();
      last = scope(() => {
        const { inputs, labels } = toTensors(batch) as { inputs: Tensor; labels: Tensor };
        return step(inputs, labels);
      });
      flush();
    }
    await last?.item();
    step.dispose();
    return start;
  };

const trained =
  (given: Parts, logEvery: (steps: number) => number): Mode =>
  async (steps) => {
    let start = 0;
    const run = new SupervisedTrain({ steps, logEvery: logEvery(steps) }).run(given);
    for await (const { type } of run) if (type === "start") start = performance.now();
    return start;
  };

/** What is compared. */
export interface LoopOptions {
  readonly steps: number;
  readonly rounds: number;
}

/** Steps per second of every mode in every round. */
export interface LoopResult {
  readonly runtime: string;
  readonly adapter: string;
  readonly rates: Readonly<Record<string, readonly number[]>>;
}

/** Runs all modes in turn, `rounds` times. @param json  `LoopOptions`. */
export async function measureLoop(json: string): Promise<LoopResult> {
  const { steps, rounds } = JSON.parse(json) as LoopOptions;
  const { runtime, adapter } = await init();
  const given = parts();
  const modes: Readonly<Record<string, Mode>> = {
    "replay alone": replay(given),
    "replay with batches": withBatches(given),
    "SupervisedTrain, not logged": trained(given, (all) => all),
    "SupervisedTrain, logged every 20": trained(given, () => 20),
  };
  const rates: Record<string, number[]> = {};
  for (const mode of Object.values(modes)) await mode(50);
  for (let round = 0; round < rounds; round++) {
    // Each mode comes first in turn: what grows or cools down within a round weighs on all alike.
    const order = Object.entries(modes);
    order.push(...order.splice(0, round % order.length));
    for (const [name, mode] of order) {
      const start = await mode(steps);
      (rates[name] ??= []).push((1000 * steps) / (performance.now() - start));
    }
  }
  return { runtime, adapter, rates };
}
