import { describe, expect, test } from "vitest";
import type { Variable } from "../../src/index.ts";
import { type Tensor, setSeed, zeros } from "../../src/index.ts";
import {
  type Batch,
  DataLoader,
  drawnDigits,
  sliceExamples,
  toTensors,
} from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Accuracy, Mean } from "../../src/metrics/index.ts";
import { Flatten, MLP, Sequential } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { Evaluate, Scenario, SupervisedTrain, type TrainEvent } from "../../src/scenarios/index.ts";
import { MemoryWorkspace, RunLog, type Workspace } from "../../src/workspace/index.ts";

const digits = drawnDigits({ count: 260, seed: 1, size: 12 });

/** A small run: what a user writes. Dropout makes the random state matter. */
function parts() {
  setSeed(5);
  const mlp = new MLP([24, 10], { dropoutRate: 0.1 });
  const flatten = new Flatten();
  const net = Object.assign(new Sequential([flatten, (x) => mlp(x, { isTraining: false })]), {
    mlp,
  });
  return {
    model: net,
    forward: (x: Tensor) => mlp(flatten(x), { isTraining: true }),
    optimizer: new Adam({ learningRate: 0.01 }),
    loss: crossEntropy,
    data: new DataLoader(sliceExamples(digits, 0, 200), { batchSize: 32, shuffle: true, seed: 2 }),
  };
}

async function bits(variables: readonly Variable[]): Promise<number[][]> {
  return Promise.all(variables.map(async (v) => [...new Uint8Array((await v.data()).buffer)]));
}

describe("SupervisedTrain", () => {
  test("learns, tells about it in order, and saves", async () => {
    const workspace = new MemoryWorkspace();
    const train = new SupervisedTrain({
      steps: 60,
      logEvery: 10,
      saveEvery: 25,
      evaluateEvery: 30,
      workspace,
    });
    const given = parts();
    const test = new DataLoader(sliceExamples(digits, 200), { batchSize: 25 });
    const evaluate = () =>
      new Evaluate()({ model: given.model, data: test, metrics: [new Accuracy()] });
    const events: Exclude<TrainEvent, { type: "prepare" }>[] = [];
    const compiled: TrainEvent[] = [];
    for await (const event of train.run({ ...given, evaluate })) {
      if (event.type === "prepare") compiled.push(event);
      else events.push(event);
      if (event.type === "prepare") expect(events).toEqual([]);
    }
    const total = compiled.length;
    expect(total).toBeGreaterThan(5);
    expect(compiled).toEqual(compiled.map((_, i) => ({ type: "prepare", done: i + 1, total })));
    expect(events.map(({ type, step }) => `${type} ${step}`)).toEqual([
      ..."start 0,step 10,step 20,save 25,step 30,evaluation 30,step 40,step 50".split(","),
      ..."save 50,step 60,evaluation 60,save 60".split(","),
    ]);
    const losses = events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
    const log = await new RunLog(workspace).read();
    expect(log).toHaveLength(8);
    expect(log.at(-1)?.accuracy).toBeGreaterThan(0.5);
    expect(await workspace.list("checkpoints/")).toHaveLength(3);
  });

  test("compiled or not, each step has the loss and bits of a plain loop", async () => {
    const plain = parts();
    const first = toTensors((await plain.data.peek()) as Batch).inputs as Tensor;
    plain.forward(first); // SupervisedTrain lets the model see a batch before it starts
    const wanted: number[] = [];
    for (let step = 0; step < 12; step++) {
      const { inputs, labels } = toTensors((await plain.data.next()) as Batch);
      const loss = (): Tensor => crossEntropy(plain.forward(inputs as Tensor), labels as Tensor);
      wanted.push(await plain.optimizer.minimize(loss, plain.model.trainableVariables).item());
    }
    for (const compiled of [true, false]) {
      const given = parts();
      const losses: number[] = [];
      const run = new SupervisedTrain({ steps: 12, logEvery: 1, compiled }).run(given);
      for await (const event of run) if (event.type === "step") losses.push(event.loss);
      expect(await bits(given.optimizer.variables)).toEqual(await bits(plain.optimizer.variables));
      expect(losses).toEqual(wanted);
    }
  });

  test("a run that was stopped and resumed gives the bits of one that was not", async () => {
    const whole = parts();
    await new SupervisedTrain({ steps: 20 })(whole);

    const workspace: Workspace = new MemoryWorkspace();
    const settings = { workspace, saveEvery: 4, logEvery: 5, resume: true };
    // Killed at step 11: what came after the checkpoint of step 8 is lost.
    const killed = new SupervisedTrain({ ...settings, steps: 20 }).run(parts());
    for await (const event of killed) if (event.type === "save" && event.step === 8) break;
    // Stopped by a signal at step 14: saved on the way out.
    const controller = new AbortController();
    const stopped = new SupervisedTrain({ ...settings, steps: 20, logEvery: 1 });
    const seen: number[] = [];
    for await (const event of stopped.run(parts(), { signal: controller.signal })) {
      if (event.type === "prepare") continue;
      seen.push(event.step);
      if (event.step === 14) controller.abort();
    }
    expect(seen[0]).toBe(8);
    const resumed = parts();
    const { step } = await new SupervisedTrain({ ...settings, steps: 20 })(resumed);
    expect(step).toBe(20);
    const all = [...whole.model.variables, ...whole.optimizer.variables];
    expect(await bits([...resumed.model.variables, ...resumed.optimizer.variables])).toEqual(
      await bits(all),
    );
  });

  test("a checkpoint of another model is refused and changes nothing", async () => {
    const workspace = new MemoryWorkspace();
    await new SupervisedTrain({ steps: 2, workspace })(parts());
    const model = new Sequential([new Flatten(), new MLP([5, 10])]);
    const given = { ...parts(), model, forward: model };
    const train = new SupervisedTrain({ steps: 4, workspace, resume: true });
    await expect(train(given)).rejects.toThrow(/same model and optimizer/);
  });

  test("wrong settings and fields", async () => {
    expect(() => new SupervisedTrain({ steps: 0 })).toThrow(/steps must be a positive integer/);
    const { inputs } = digits.fields;
    const data = new DataLoader(
      { size: 260, fields: { images: inputs as never } },
      { batchSize: 4 },
    );
    const train = new SupervisedTrain({ steps: 1 });
    await expect(train({ ...parts(), data })).rejects.toThrow(/fields inputs and labels.*images/);
  });
});

describe("Scenario", () => {
  test("a user's own: called it runs to its end, iterated it is watched", async () => {
    class Count extends Scenario<{ to: number }, number> {
      async *run(parts: { to: number }): AsyncGenerator<number, number> {
        for (let i = 1; i <= parts.to; i++) yield i;
        return parts.to;
      }
    }
    const count = new Count();
    expect(await count({ to: 3 })).toBe(3);
    const seen: number[] = [];
    for await (const i of count.run({ to: 3 })) seen.push(i);
    expect(seen).toEqual([1, 2, 3]);
    class Empty extends Scenario<object, void> {}
    expect(() => new Empty()).toThrow(/method named run/);
  });
});

describe("metrics", () => {
  test("accumulate over batches of different sizes", async () => {
    const mean = new Mean();
    mean.update(zeros([3]));
    mean.update(zeros([1]).add(4));
    expect(await mean.result()).toBe(1);
    mean.reset();
    expect(await mean.result()).toBeNaN();
  });
});
