import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import {
  Generator,
  type Tensor,
  type Variable,
  compile,
  setSeed,
  tensor,
} from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Accuracy } from "../../src/metrics/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { randomTensor } from "../support/check.ts";
import { countCreations } from "../support/creations.ts";

/** A small network with dropout and a metric, and its compiled step. */
function training(options: { isCompiled?: boolean } = {}) {
  setSeed(1);
  const generator = new Generator(11);
  const model = new MLP([8, 3], { dropoutRate: 0.25, generator });
  const optimizer = new Adam({ learningRate: 0.01 });
  const metric = new Accuracy();
  const eager = (x: Tensor, labels: Tensor): Tensor =>
    optimizer.minimize(() => {
      const logits = model(x, { isTraining: true });
      metric.update(logits, labels);
      return crossEntropy(logits, labels);
    }, model);
  const compiled = compile(eager);
  const step = options.isCompiled === false ? eager : compiled;
  const dispose = (): void => compiled.dispose();
  return { generator, model, optimizer, metric, step, dispose };
}

type Training = ReturnType<typeof training>;

/** Batches that differ from step to step; step t of every run gets batch t. */
const BATCHES = Array.from({ length: 4 }, (_, i) => ({
  inputs: { shape: [4, 5], seed: 20 + i },
  labels: [i % 3, 1, (i + 1) % 3, 2],
}));

function makeBatches(): (readonly [Tensor, Tensor])[] {
  return BATCHES.map(({ inputs, labels }) => {
    return [randomTensor(inputs.shape, inputs.seed), tensor(labels, { dtype: "i32" })] as const;
  });
}

function steps({ step }: Training, from: number, to: number): void {
  const batches = makeBatches();
  for (let t = from; t < to; t++) step(...(batches[t % 4] as readonly [Tensor, Tensor])).dispose();
  for (const one of batches.flat()) one.dispose();
}

const lasting = ({ model, optimizer }: Training): Variable[] => {
  return [...model.variables, ...optimizer.variables];
};

async function outcome(run: Training): Promise<number[]> {
  const data = await Promise.all(lasting(run).map((variable) => variable.data()));
  return [...data.flatMap((list) => Array.from(list)), await run.metric.result()];
}

describe("a long compiled run", () => {
  test("10,000 replays leave memory flat and make nothing on the GPU", async () => {
    const run = training();
    const batches = makeBatches();
    let loss: Tensor | undefined;
    const replay = async (count: number): Promise<void> => {
      for (let t = 0; t < count; t++) {
        loss?.dispose();
        loss = run.step(...(batches[t % 4] as readonly [Tensor, Tensor]));
        if (t % 500 === 499) await loss.item();
      }
    };
    await replay(500);
    const before = renga.memory();
    using counted = countCreations();
    await replay(10_000);
    // What the collector finds of earlier garbage moves from alive to cached.
    const after = renga.memory();
    expect(after.bytes).toBeLessThanOrEqual(before.bytes);
    expect(after.bytes + after.cached.bytes).toBe(before.bytes + before.cached.bytes);
    expect(counted.creations).toBe(0);
    expect(await run.optimizer.step.item()).toBe(10_500);
    run.dispose();
  }, 180_000);

  test("two runs have the same bits, and those of an eager one", async () => {
    const results: number[][] = [];
    for (const isCompiled of [true, true, false]) {
      const run = training({ isCompiled });
      steps(run, 0, 12);
      results.push(await outcome(run));
      run.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test("stopped and resumed, it has the bits of one that never stopped", async () => {
    const whole = training();
    steps(whole, 0, 14);
    const first = training();
    steps(first, 0, 6);
    const saved = await Promise.all(lasting(first).map((variable) => variable.array()));
    const state = first.generator.state();
    steps(first, 6, 9); // lost
    const fresh = training();
    steps(fresh, 0, 1); // makes the variables
    // A fresh program goes on, and so does one whose step is captured already.
    for (const run of [fresh, first]) {
      lasting(run).forEach((variable, i) => variable.assign(tensor(saved[i] as number[])));
      run.generator.restore(state);
      steps(run, 6, 14);
      const [got, want] = [await outcome(run), await outcome(whole)];
      expect(got.slice(0, -1)).toEqual(want.slice(0, -1)); // the metric saw other steps
      run.dispose();
    }
    whole.dispose();
  });
});
