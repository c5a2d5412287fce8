import { describe, expect, test } from "vitest";
import { type Tensor, gather, tensor } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import { DiffusionSample, cosineNoise } from "../../src/scenarios/index.ts";

const noise = cosineNoise({ steps: 40, maxBeta: 0.99 });
const [MEAN, DEVIATION] = [0.7, 0.2];

/**
 * The noise to expect in x_t where examples are N(m, s²): √(1 − ᾱ)·(x − √ᾱ·m) / (ᾱ·s² + 1 − ᾱ), m the
 * condition if there is one.
 */
function model(x: Tensor, t: Tensor, condition?: Tensor): Tensor {
  const alphaBar = gather(tensor([...noise.alphaBars]), t).reshape([-1, 1]);
  const offset = alphaBar.sqrt().mul(condition ?? MEAN);
  const variance = alphaBar.mul(DEVIATION ** 2 - 1).add(1);
  return x.sub(offset).mul(alphaBar.neg().add(1).sqrt()).div(variance);
}

function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / all.length) };
}

describe("DiffusionSample", () => {
  test.each([
    [undefined, 1, 0.03],
    [undefined, 0, 0.03],
    [10, 0.5, 0.06],
    [10, 0, 0.06],
  ])("%s steps, η %d: the distribution that the network knows", async (steps, eta, atMost) => {
    const settings = { count: 1000, batchSize: 1000, eta, ...(steps !== undefined && { steps }) };
    const made = await new DiffusionSample(settings)({ model, noise, shape: [2] });
    expect(made).toMatchObject({ dtype: "f32", shape: [1000, 2] });
    const { mean, deviation } = moments(made.data);
    expect(Math.abs(mean - MEAN)).toBeLessThan(0.02);
    expect(Math.abs(deviation - DEVIATION)).toBeLessThan(atMost);
  });

  test("the seed decides, conditions have a row each, and bounds are kept", async () => {
    const settings = { count: 10, batchSize: 4, steps: 5 };
    const conditions = [3, 3, 3, 3, 3, -3, -3, -3, -3, -3];
    const condition: HostArray = {
      ...{ dtype: "f32", shape: [10, 1] },
      data: Float32Array.from(conditions),
    };
    const make = (more: object) =>
      new DiffusionSample({ ...settings, ...more })({ model, noise, shape: [1], condition });
    const [first, again, other] = [
      await make({}),
      await make({ seed: 0 }),
      await make({ seed: 1 }),
    ];
    const bounded = await make({ clip: [-2, 2.5] });
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    conditions.forEach((wanted, i) => expect(first.data[i]).toBeCloseTo(wanted, -0.5));
    expect(Math.max(...bounded.data)).toBe(2.5);
    expect(Math.min(...bounded.data)).toBe(-2);
    const short = { ...condition, shape: [5, 1] };
    await expect(
      new DiffusionSample(settings)({ model, noise, shape: [1], condition: short }),
    ).rejects.toThrow(/condition must have a row per example. Got 5 for 10/);
  });

  test("tells each step, and ends at a signal", async () => {
    const control = new AbortController();
    const run = new DiffusionSample({ count: 6, batchSize: 4 }).run(
      { model, noise, shape: [1] },
      { signal: control.signal },
    );
    const seen: unknown[] = [];
    const all = async (): Promise<void> => {
      for await (const event of run) {
        if (event.type !== "step") continue;
        seen.push(event);
        if (event.made === 4 && event.step === 3) control.abort();
      }
    };
    await expect(all()).rejects.toThrow(/abort/i);
    expect(seen).toHaveLength(43);
    expect(seen.at(-1)).toEqual({ type: "step", step: 3, steps: 40, made: 4, count: 6 });
  });

  test("wrong settings are told", () => {
    expect(() => new DiffusionSample({ count: 0 })).toThrow(/count must be a positive integer/);
    expect(() => new DiffusionSample({ count: 1, eta: 2 })).toThrow(/eta must be in \[0, 1\]/);
  });
});
