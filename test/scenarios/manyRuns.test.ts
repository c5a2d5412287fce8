import { describe, expect, test } from "vitest";
import { memory, tensor } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { Linear } from "../../src/nn/index.ts";
import { Momentum } from "../../src/optimizers/index.ts";
import {
  type ManyRunsEvent,
  type RunContext,
  RunSeeds,
  SupervisedTrain,
  Sweep,
  choice,
  logUniform,
  uniform,
} from "../../src/scenarios/index.ts";
import { spreadOf } from "../../src/scenarios/spread.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";

/** y = 2x − 1. */
const line = dataset({
  inputs: { dtype: "f32", shape: [8, 1], data: Float32Array.from({ length: 8 }, (_, i) => i / 8) },
  labels: { dtype: "f32", shape: [8, 1], data: Float32Array.from({ length: 8 }, (_, i) => i / 4 - 1) }, // prettier-ignore
});

function training<Setting extends { readonly learningRate?: number }>({
  setting,
  files,
}: RunContext<Setting>) {
  return {
    scenario: new SupervisedTrain({ steps: 6, saveEvery: 2, logEvery: 2, ...files }),
    parts: {
      model: new Linear(1),
      optimizer: new Momentum({ learningRate: setting.learningRate ?? 0.1, momentum: 0.5 }),
      loss: meanSquaredError,
      data: new DataLoader(line, { batchSize: 4 }),
    },
  };
}

async function watch<Setting, Event, Result>(
  run: AsyncGenerator<ManyRunsEvent<Setting, Event>, Result>,
): Promise<{ events: ManyRunsEvent<Setting, Event>[]; result: Result }> {
  const events: ManyRunsEvent<Setting, Event>[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done === true) return { events, result: next.value };
    events.push(next.value);
  }
}

test("spreads agree with scipy 1.17", () => {
  const spread = spreadOf([0.91, 0.94, 0.87, 0.93, 0.9], 0.95);
  expect(spread.mean).toBeCloseTo(0.91, 12);
  expect(spread.deviation).toBeCloseTo(0.0273861278752583, 12);
  expect(spread.interval?.[0]).toBeCloseTo(0.8759956309670873, 10);
  expect(spread.interval?.[1]).toBeCloseTo(0.944004369032913, 10);
  expect(spreadOf([3], 0.95)).toEqual({ count: 1, mean: 3 });
});

describe("search spaces", () => {
  const settingsOf = async (sweep: { settings: readonly { setting: unknown }[] }) =>
    sweep.settings.map(({ setting }) => setting);
  async function* told() {
    yield { type: "told" };
    return { score: 1 };
  }
  const trivial = { make: () => ({ scenario: { run: told }, parts: {} }) };

  test("a grid has all combinations, a search by chance the same ones for a seed", async () => {
    const grid = {
      rate: logUniform(1e-3, 1e-1, { points: 3 }),
      width: choice([8, 16]),
      decay: uniform(0, 1, { points: 2 }),
    };
    const all = await settingsOf(await new Sweep({ space: grid, metric: "score" })(trivial));
    expect(all).toHaveLength(12);
    expect(all[0]).toEqual({ rate: 1e-3, width: 8, decay: 0 });
    expect(all[1]).toEqual({ rate: 1e-3, width: 8, decay: 1 });
    expect((all[4] as { rate: number }).rate).toBeCloseTo(1e-2, 10);
    const space = { rate: logUniform(1e-4, 1), width: choice(["a", "b"]), decay: uniform(2, 3) };
    const draw = async (trials: number) =>
      settingsOf(await new Sweep({ space, trials, metric: "score" })(trivial));
    const drawn = (await draw(40)) as { rate: number; width: string; decay: number }[];
    expect(await draw(10)).toEqual(drawn.slice(0, 10));
    const small = drawn.filter(({ rate }) => rate < 1e-2).length;
    expect(small).toBeGreaterThan(10);
    expect(small).toBeLessThan(30);
    for (const { decay, width } of drawn) {
      expect(decay >= 2 && decay < 3).toBe(true);
      expect(["a", "b"]).toContain(width);
    }
  });

  test("what is wrong is told", async () => {
    expect(() => choice([])).toThrow(/must be a value/);
    expect(() => uniform(1, 1)).toThrow(/low must be a number below high. Got 1 and 1/);
    expect(() => logUniform(0, 1)).toThrow(/low must be positive/);
    expect(() => uniform(0, 1, { points: 1 })).toThrow(/at least 2. Got 1/);
    const space = { rate: uniform(0, 1) };
    expect(() => new Sweep({ space, metric: "score" })).toThrow(/rate must have points/);
    expect(() => new Sweep({ space, trials: 0, metric: "score" })).toThrow(/trials must be/);
    expect(() => new RunSeeds({ seeds: [1, 1] })).toThrow(/seeds, each once. Got \[1, 1\]/);
    const other = new Sweep({ space, trials: 1, metric: "accuracy" });
    await expect(other(trivial)).rejects.toThrow(/must be the metric accuracy. Got score/);
  });
});

describe("RunSeeds", () => {
  test("tells each run, their spread and the best, and frees what they made", async () => {
    const seeds = new RunSeeds({ seeds: 3, metric: "loss", mode: "min" });
    const { events, result } = await watch(seeds.run({ make: training }));
    const losses = result.runs.map(({ numbers }) => numbers.loss as number);
    expect(new Set(losses).size).toBe(3);
    expect(result.best?.numbers.loss).toBe(Math.min(...losses));
    expect(result.spread.loss).toEqual(spreadOf(losses, 0.95));
    expect(events.filter(({ type }) => type === "begin").map(({ run }) => run)).toEqual([0, 1, 2]);
    const inner = events.filter((event) => event.type === "run" && event.event.type === "step");
    expect(inner.map(({ run }) => run)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    const before = memory().byKind;
    const again = await seeds({ make: training });
    expect(again.runs).toEqual(result.runs);
    const after = memory().byKind;
    expect(after.variable.bytes).toBeLessThanOrEqual(before.variable.bytes);
    expect(after.optimizer.bytes).toBeLessThanOrEqual(before.optimizer.bytes);
    expect(after.tensor.bytes).toBeLessThanOrEqual(before.tensor.bytes);
  });

  test("what was made before stays", async () => {
    const teacher = new Linear(1);
    const x = tensor([[1]]);
    const wanted = await teacher(x).item();
    const make = (run: RunContext<object>) => {
      const { scenario, parts } = training(run);
      return { scenario, parts: { ...parts, teacher } };
    };
    await new RunSeeds({ seeds: 1 })({ make });
    expect(await teacher(x).item()).toBe(wanted);
  });
});

describe("Sweep", () => {
  const space = { learningRate: choice([0.01, 0.2, 1e38]) };

  test("compares settings over seeds; one that diverges does not end it; a stopped one goes on", async () => {
    const settings = { space, seeds: 2, metric: "loss", mode: "min" } as const;
    const whole = await new Sweep(settings)({ make: training });
    expect(whole.settings.map(({ runs }) => runs.length)).toEqual([2, 2, 2]);
    expect(whole.best?.setting).toEqual({ learningRate: 0.2 });
    const failed = whole.settings[2];
    expect(failed?.runs[0]?.numbers).toEqual({});
    expect(failed?.runs[0]?.error).toMatch(/losses must be finite/);
    expect(failed?.spread).toEqual({});

    const workspace = new MemoryWorkspace();
    const controller = new AbortController();
    const first = new Sweep({ ...settings, workspace }).run({ make: training }, controller);
    const stopped = watch(first);
    let made = 0;
    const counting = (run: RunContext<{ readonly learningRate: number }>) => {
      made++;
      return training(run);
    };
    controller.abort();
    expect((await stopped).result).toMatchObject({ settings: [], reason: "aborted" });
    for (const stopAfter of [3, Infinity]) {
      const part = new Sweep({ ...settings, workspace, resume: true });
      const ender = new AbortController();
      const run = part.run({ make: counting }, ender);
      let ends = 0;
      for (;;) {
        const next = await run.next();
        if (next.done === true) {
          if (stopAfter === Infinity) expect(next.value).toEqual(whole);
          else expect(next.value.reason).toBe("aborted");
          break;
        }
        if (next.value.type === "end") ends++;
        // In the midst of a run: it has saved two steps.
        const isMidst = next.value.type === "run" && next.value.event.type === "save";
        if (ends === stopAfter && isMidst) ender.abort();
      }
    }
    // Three were done, the fourth was begun twice.
    expect(made).toBe(7);
    const fresh = new Sweep({ ...settings, workspace });
    await expect(fresh({ make: training })).rejects.toThrow(/the run must be a new one/);
    const other = { ...settings, space: { learningRate: choice([0.3]) }, workspace, resume: true };
    await expect(new Sweep(other)({ make: training })).rejects.toThrow(
      /go on with the settings it began with/,
    );
  });

  test("other errors end it", async () => {
    const make = () => {
      throw new RangeError("made wrong");
    };
    const sweep = new Sweep({ space, metric: "loss" });
    await expect(sweep({ make })).rejects.toThrow(/made wrong/);
  });
});
