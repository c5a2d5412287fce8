import { describe, expect, test } from "vitest";
import { type Tensor, compile, tensor } from "../../src/index.ts";
import { EpisodeReturn, ROCAUC } from "../../src/metrics/index.ts";

const REWARDS = [
  [1, 0.5, -1],
  [2, -4, 0.25],
  [3, 1, 0],
  [-1, 1, 8],
  [0, 1, 1],
];
const DONES = [
  [0, 1, 0],
  [0, 0, 0],
  [1, 1, 0],
  [0, 0, 1],
  [0, 0, 0],
];
/** Returns 6, 0.5, −3 and 7.25 of 3, 1, 2 and 4 steps. */
const DETAILS = {
  episodes: 4,
  mean: (6 + 0.5 - 3 + 7.25) / 4,
  minimum: -3,
  maximum: 7.25,
  meanLength: 2.5,
  minimumLength: 1,
  maximumLength: 4,
};

describe("EpisodeReturn", () => {
  test("step by step, several steps at once, and compiled", async () => {
    const metric = new EpisodeReturn();
    expect(metric.name).toBe("episodeReturn");
    metric.update(tensor(REWARDS), tensor(DONES));
    expect(await metric.details()).toEqual(DETAILS);
    metric.reset();
    expect((await metric.details()).episodes).toBe(0);
    const step = compile((rewards: Tensor, dones: Tensor) => {
      metric.update(rewards, dones);
      return rewards.sum();
    });
    REWARDS.forEach((rewards, t) => {
      const dones = (DONES[t] as number[]).map((done) => done === 1);
      step(tensor(rewards), tensor(dones)).dispose();
    });
    expect(await metric.details()).toEqual(DETAILS);
    expect(await metric.result()).toBe(DETAILS.mean);
    step.dispose();
  });

  test("running episodes go on after clearFinished, and end with reset", async () => {
    const metric = new EpisodeReturn({ name: "return" });
    metric.update(tensor(REWARDS), tensor(DONES));
    metric.clearFinished();
    const details = await metric.details();
    expect(details.episodes).toBe(0);
    const { episodes: _, ...numbers } = details;
    expect(Object.values(numbers).every(Number.isNaN)).toBe(true);
    metric.update(tensor([1, 1, 1]), tensor([true, false, true]));
    // Environments 0 and 2 had −1 and 1 in two steps and one.
    expect(await metric.details()).toMatchObject({ episodes: 2, mean: 1, maximumLength: 3 });
    metric.update(tensor([1, 1, 1]), tensor([false, false, false]));
    metric.reset();
    metric.update(tensor([1, 2, 3]), tensor([true, true, true]));
    expect(await metric.details()).toMatchObject({ mean: 2, maximumLength: 1 });
  });

  test("a long episode does not drift", async () => {
    const metric = new EpisodeReturn();
    const rewards = [2 ** 24, ...Array<number>(30).fill(0.125), -(2 ** 24)];
    const column = (values: readonly number[]): Tensor => tensor(values.map((value) => [value]));
    metric.update(column(rewards), column(rewards.map((_, t) => (t === 31 ? 1 : 0))));
    expect(await metric.result()).toBe(3.75);
  });

  test("wrong shapes", () => {
    const metric = new EpisodeReturn();
    expect(() => metric.update(tensor([1, 2]), tensor([true]))).toThrow(
      /EpisodeReturn: rewards and/,
    );
    expect(() => metric.update(tensor(1), tensor(true))).toThrow(/EpisodeReturn/);
    metric.update(tensor([1, 2]), tensor([true, false]));
    expect(() => metric.update(tensor([1]), tensor([true]))).toThrow(/for 2 environments/);
  });
});

describe("metrics that keep rows", () => {
  test("cannot be part of a compiled function", () => {
    const metric = new ROCAUC();
    const step = compile((x: Tensor, labels: Tensor) => {
      metric.update(x, labels);
      return x.sum();
    });
    const labels = tensor([0, 1], { dtype: "i32" });
    expect(() => step(tensor([1, 2]), labels)).toThrow(/ROCAUC: .* compiled function/);
  });
});
