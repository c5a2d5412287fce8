import { describe, expect, test } from "vitest";
import { NonFiniteError, type Tensor, destroyDevice, init, setSeed } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { Linear, MLP, Module, Sequential } from "../../src/nn/index.ts";
import { Adam, SGD } from "../../src/optimizers/index.ts";
import {
  type Losses,
  SupervisedTrain,
  type TrainEvent,
  type Training,
  requireFields,
  requireTrainSettings,
  trainingLoop,
} from "../../src/scenarios/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";

/** y = x₀ − 2 x₁ for 32 points; `broken` makes one input NaN. */
function points(broken?: number) {
  const inputs = Float32Array.from({ length: 64 }, (_, i) => Math.sin(1.3 * i));
  const labels = Float32Array.from({ length: 32 }, (_, i) => {
    return (inputs[2 * i] as number) - 2 * (inputs[2 * i + 1] as number);
  });
  if (broken !== undefined) inputs[2 * broken] = NaN;
  return dataset({
    inputs: { dtype: "f32", shape: [32, 2], data: inputs },
    labels: { dtype: "f32", shape: [32, 1], data: labels },
  });
}

const loader = (broken?: number) => new DataLoader(points(broken), { batchSize: 8 });

function regression(model: Module<(x: Tensor) => Tensor> = new MLP([8, 1])) {
  const optimizer = new Adam({ learningRate: 0.02 });
  return { model, optimizer, loss: meanSquaredError, data: loader() };
}

async function watch(run: AsyncGenerator<TrainEvent, unknown>): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of run) if (event.type !== "prepare") events.push(event);
  return events;
}

const lossesOf = (events: readonly TrainEvent[]): [number, number][] =>
  events.flatMap((event) => (event.type === "step" ? [[event.step, event.loss]] : []));

describe("trainingLoop", () => {
  test("takes each key's batches in turn, and tells every loss by its name", async () => {
    setSeed(1);
    const [a, b] = [new Linear(1, { name: "a" }), new Linear(1, { name: "b" })];
    const fit =
      (model: Linear, more: boolean) =>
      (fields: Record<string, Tensor>): Losses => {
        const [inputs, labels] = requireFields("Two", fields, "inputs", "labels");
        const outputs = model(inputs as Tensor);
        const error = meanSquaredError(outputs, labels as Tensor);
        return more ? { error, size: outputs.abs().mean() } : error;
      };
    const data = { first: loader(), second: loader() };
    const training: Training = {
      name: "Two",
      modules: { a, b },
      data,
      updates: {
        first: { loss: fit(a, true), optimizer: new SGD({ learningRate: 0.1 }), model: a },
        second: { loss: fit(b, false), optimizer: new SGD({ learningRate: 0.1 }), model: [b] },
      },
      repeats: { second: 3 },
      derived: ({ error }) => ({ root: Math.sqrt(error ?? NaN) }),
    };
    const workspace = new MemoryWorkspace();
    const events = await watch(trainingLoop({ steps: 6, logEvery: 3, workspace }, training));
    const steps = events.filter((event) => event.type === "step");
    expect(steps.map(({ losses }) => Object.keys(losses))).toEqual(
      Array(2).fill(["error", "size", "second", "root"]),
    );
    expect(steps[1]?.losses.root).toBe(Math.sqrt(steps[1]?.losses.error as number));
    expect(data.first.state()).toEqual({ epoch: 1, batch: 2 });
    expect(data.second.state()).toEqual({ epoch: 4, batch: 2 });
    // Three steps for one: the second has come further.
    expect(steps[1]?.losses.second).toBeLessThan(steps[1]?.losses.error as number);
    const missing = { ...training, data: { first: loader() } };
    await expect(watch(trainingLoop({ steps: 1 }, missing))).rejects.toThrow(
      /Two: every step must have data. Got data for first, none for second/,
    );
    expect(() => requireTrainSettings("Two", { steps: 5, keep: 0 })).toThrow(
      /Two: keep must be a positive integer. Got 0/,
    );
    const none = { ...training, repeats: { first: 0 } };
    await expect(watch(trainingLoop({ steps: 1 }, none))).rejects.toThrow(/positive integers/);
  });

  test("ends when a metric no longer improves, also over a stop and a resume", async () => {
    const values = [3, 2, 2.5, 2.2, 1];
    let next = 0;
    const workspace = new MemoryWorkspace();
    const stopWhen = { metric: "error", patience: 2, mode: "min" } as const;
    const settings = { steps: 50, evaluateEvery: 2, stopWhen, workspace, resume: true };
    const given = regression();
    const evaluate = async () => ({ error: values[next++] as number });
    const first = new SupervisedTrain({ ...settings, steps: 6 });
    expect(await first({ ...given, evaluate })).toMatchObject({ step: 6, reason: "steps" });
    const result = await new SupervisedTrain(settings)({ ...given, evaluate });
    expect(result).toMatchObject({ step: 8, reason: "early stop", metrics: { error: 2.2 } });
    const other = { ...given, evaluate: async () => ({ accuracy: 1 }) };
    await expect(new SupervisedTrain({ ...settings, resume: false })(other)).rejects.toThrow(
      /must have the metric error. Got accuracy/,
    );
    expect((await new SupervisedTrain({ steps: 9 })(given)).reason).toBe("steps");
    const data = new DataLoader(points(), { batchSize: 8, epochs: 1 });
    expect(await new SupervisedTrain({ steps: 9 })({ ...given, data })).toMatchObject({
      step: 4,
      reason: "data",
    });
  });
});

/** Gives NaN where its input's first element is large. */
class Fragile extends Module<(x: Tensor) => Tensor> {
  forward(x: Tensor): Tensor {
    return x.sub(x.slice([0, 0]).sub(0.9)).add(x.mul(0).add(0.5).sub(x.abs()).log());
  }
}

describe("losses that are not finite", () => {
  test("the batch's field, and a skipped step changes nothing", async () => {
    const given = { ...regression(), data: loader(20) };
    const run = new SupervisedTrain({ steps: 8, logEvery: 1, onNonFinite: "skip" }).run(given);
    const events = await watch(run);
    const found = events.filter((event) => event.type === "nonFinite");
    expect(found.map(({ step, fields, variables }) => ({ step, fields, variables }))).toEqual(
      [3, 7].map((step) => ({ step, fields: ["inputs"], variables: [] })),
    );
    expect(await given.optimizer.step.item()).toBe(6);
    expect(lossesOf(events).filter(([, loss]) => Number.isFinite(loss))).toHaveLength(6);
  });

  test("a batch of the key whose loss it is, and none before it in the same step", async () => {
    const model = new Linear(1);
    const loss = (fields: Record<string, Tensor>): Tensor => {
      const [inputs, labels] = requireFields("Two", fields, "inputs", "labels");
      return meanSquaredError(model(inputs as Tensor), labels as Tensor);
    };
    const update = { loss, model };
    const training: Training = {
      name: "Two",
      modules: { model },
      data: { whole: loader(), broken: loader(20) },
      updates: {
        whole: { ...update, optimizer: new Adam() },
        broken: { ...update, optimizer: new Adam() },
      },
      repeats: { broken: 4 },
    };
    const settings = { steps: 1, logEvery: 1, onNonFinite: "skip" } as const;
    const found = (await watch(trainingLoop(settings, training))).filter(
      (event) => event.type === "nonFinite",
    );
    expect(found).toMatchObject([{ step: 1, loss: "broken", fields: ["inputs"], variables: [] }]);
  });

  test("the module that made it", async () => {
    const model = new Sequential([new Linear(4), new Fragile(), new Linear(1)]);
    const train = new SupervisedTrain({ steps: 40, logEvery: 1 });
    const error: unknown = await train(regression(model)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as NonFiniteError).details).toMatchObject({ module: "fragile", variables: [] });
    expect((error as NonFiniteError).message).toMatch(/loss at step 1, from fragile/);
  });

  test("a variable that was set to NaN", async () => {
    const given = regression();
    // Many: the host is ahead of what it hears of.
    const run = new SupervisedTrain({ steps: 4000, logEvery: 1 }).run(given);
    const seen: TrainEvent[] = [];
    const all = async (): Promise<void> => {
      for await (const event of run) {
        seen.push(event);
        if (event.type === "step" && event.step === 5) {
          const weights = given.model.variables.at(-1);
          weights?.assign(weights.mul(NaN));
        }
      }
    };
    await expect(all()).rejects.toThrow(/from mlp\/linear_1/);
    expect(seen.at(-1)).toMatchObject({ type: "nonFinite", module: "mlp/linear_1" });
  });
});

describe("a lost GPU", () => {
  test("the run goes on from its last snapshot with the same losses", async () => {
    const curve = async (lose: boolean) => {
      setSeed(3);
      const workspace = new MemoryWorkspace();
      const train = new SupervisedTrain({ steps: 24, logEvery: 1, saveEvery: 5, workspace });
      const events: TrainEvent[] = [];
      for await (const event of train.run(regression())) {
        events.push(event);
        if (lose && event.type === "step" && event.step === 12 && lose) {
          lose = false;
          destroyDevice();
        }
      }
      return events;
    };
    const whole = lossesOf(await curve(false));
    const events = await curve(true);
    await init();
    expect(events.find(({ type }) => type === "recovery")).toMatchObject({ step: 10 });
    const losses = new Map(lossesOf(events));
    expect(losses.size).toBe(24);
    for (const [step, loss] of whole) expect(losses.get(step)).toBe(loss);
  });
});
