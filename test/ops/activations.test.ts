// Activations take one dispatch forwards and one backwards, views and odd sizes included.

import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { GradientTape, type Tensor } from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { expectClose, randomTensor } from "../support/check.ts";

/** Function, and its definition in f64. */
const TABLE: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]>> = {
  clip: [(x) => renga.clip(x, { min: -0.5, max: 2 }), (x) => Math.min(Math.max(x, -0.5), 2)],
  elu: [(x) => renga.elu(x, { alpha: 0.7 }), (x) => (x > 0 ? x : 0.7 * Math.expm1(x))],
  gelu: [(x) => renga.gelu(x), (x) => x * normalCdf(x)],
  "gelu by tanh": [
    (x) => renga.gelu(x, { approximate: "tanh" }),
    (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  ],
  hardSigmoid: [(x) => renga.hardSigmoid(x), (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1)],
  hardTanh: [(x) => renga.hardTanh(x), (x) => Math.min(Math.max(x, -1), 1)],
  leakyRelu: [(x) => renga.leakyRelu(x, { alpha: 0.1 }), (x) => (x > 0 ? x : 0.1 * x)],
  logSigmoid: [renga.logSigmoid, (x) => -Math.log1p(Math.exp(-x))],
  mish: [renga.mish, (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  relu: [renga.relu, (x) => Math.max(x, 0)],
  selu: [renga.selu, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
  sigmoid: [renga.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  silu: [renga.silu, (x) => x / (1 + Math.exp(-x))],
  softplus: [renga.softplus, (x) => Math.log1p(Math.exp(x))],
  softsign: [renga.softsign, (x) => x / (1 + Math.abs(x))],
  tanh: [renga.tanh, Math.tanh],
};

/** By Simpson's rule from 0. */
function normalCdf(x: number): number {
  const [steps, h] = [200, x / 200];
  let area = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    area += weight * Math.exp(-0.5 * (i * h) ** 2);
  }
  return 0.5 + (area * h) / 3 / Math.sqrt(2 * Math.PI);
}

/** Dispatches that `body` takes. */
function dispatches(body: () => void): number {
  const { recorder } = device();
  const before = recorder.dispatchCount;
  body();
  return recorder.dispatchCount - before;
}

describe.each(Object.entries(TABLE))("%s", (_, [f, definition]) => {
  test.each([
    ["whole", (): Tensor => randomTensor([5, 7], 3, -9, 9)],
    ["transposed", (): Tensor => randomTensor([7, 5], 4, -4, 4).transpose()],
  ])("value and slope of a %s tensor, a dispatch each", async (__, make) => {
    const x = make();
    const dy = randomTensor(x.shape, 5);
    using tape = new GradientTape();
    tape.watch(x);
    let [y, dx] = [x, x];
    expect(dispatches(() => void (y = f(x)))).toBe(1);
    expect(dispatches(() => void (dx = tape.gradient(y, [x], dy)[0] as Tensor))).toBe(1);
    const [xs, dys] = [await x.data(), await dy.data()];
    await expectClose(y, Array.from(xs, definition), x.shape, { rtol: 1e-5, atol: 2e-6 });
    const h = 1e-4;
    const slopes = Array.from(xs, (v, i) => {
      return ((dys[i] as number) * (definition(v + h) - definition(v - h))) / (2 * h);
    });
    await expectClose(dx, slopes, x.shape, { rtol: 1e-4, atol: 1e-5 });
  });
});
