// Making ready for a compiled function's first call.

import { describe, expect, test } from "vitest";
import { type Tensor, compile, memory, setSeed, tensor } from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { randomTensor } from "../support/check.ts";

/** A training step and what it trains; odd sizes, so that no other test has compiled its kernels. */
function training(size: number) {
  setSeed(3);
  const model = new MLP([size, 3], { activation: (x) => x.sigmoid().mul(size) });
  const optimizer = new Adam({ learningRate: 0.1 });
  const step = compile((x: Tensor, y: Tensor) =>
    optimizer.minimize(
      () => crossEntropy(model(x), y),
      () => model.trainableVariables,
    ),
  );
  return { model, optimizer, step };
}

const x = () => randomTensor([5, 6], 1);
const y = () => tensor([0, 1, 2, 0, 1], { dtype: "i32" });

describe("prepare", () => {
  test("compiles what calls need, side by side and with progress, and changes no value", async () => {
    const { model, step } = training(17);
    const counts: [number, number][] = [];
    await step.prepare([x(), y()], (done, total) => counts.push([done, total]));
    expect(counts.length).toBeGreaterThan(5);
    expect(counts).toEqual(counts.map((_, i) => [i + 1, counts.length]));
    const { keys } = device().pipelines;
    const losses = [step(x(), y()), step(x(), y())];
    expect(device().pipelines.keys).toEqual(keys);

    const other = training(17);
    const expected = [other.step(x(), y()), other.step(x(), y())];
    const bits = (tensors: readonly Tensor[]) => Promise.all(tensors.map((one) => one.data()));
    expect(await bits(losses)).toEqual(await bits(expected));
    expect(await bits(model.variables)).toEqual(await bits(other.model.variables));
  });

  test("a second time and after calls it has nothing to do", async () => {
    const { optimizer, step } = training(5);
    await step.prepare([x(), y()]);
    expect(await optimizer.step.item()).toBe(0);
    step(x(), y());
    const { bytes } = memory();
    const { keys } = device().pipelines;
    await step.prepare([x(), y()]);
    expect(device().pipelines.keys).toEqual(keys);
    expect(memory().bytes).toBeLessThan(bytes + 4096);
    expect(await optimizer.step.item()).toBe(1);
  });

  test("what a call would throw, it throws", async () => {
    const step = compile((a: Tensor) => void a.item());
    await expect(step.prepare([x()])).rejects.toThrow(/cannot read values back/);
  });

  test("a dispatch may overtake a compilation", async () => {
    const step = compile((a: Tensor) => a.mul(3).sqrt().add(a));
    const a = tensor([4 / 3]);
    const ready = step.prepare([a]);
    const early = step(a);
    await ready;
    expect(await early.item()).toBeCloseTo(2 + 4 / 3);
    expect(await step(a).item()).toBeCloseTo(2 + 4 / 3);
  });
});
