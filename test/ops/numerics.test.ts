// Places where float arithmetic goes wrong if one is careless.

import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, full, grad, sum, tensor } from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { expectClose } from "../support/check.ts";

async function slope(op: (x: Tensor) => Tensor, values: number[]): Promise<number[]> {
  const x = tensor(values);
  const [g] = grad(() => sum(op(x)), [x]);
  return Array.from((await g?.data()) ?? []);
}

const SATURATED = [-100, -90, 90, 100];

describe("saturation", () => {
  test.each([
    ["softplus", renga.softplus, [0, 0, 90, 100]],
    ["logSigmoid", renga.logSigmoid, [-100, -90, 0, 0]],
    ["sigmoid", renga.sigmoid, [0, 0, 1, 1]],
    ["silu", renga.silu, [0, 0, 90, 100]],
    ["elu", (x: Tensor) => renga.elu(x), [-1, -1, 90, 100]],
    ["tanh", renga.tanh, [-1, -1, 1, 1]],
    ["mish", renga.mish, [0, 0, 90, 100]],
    ["gelu", (x: Tensor) => renga.gelu(x), [0, 0, 90, 100]],
    ["gelu tanh", (x: Tensor) => renga.gelu(x, { approximate: "tanh" }), [0, 0, 90, 100]],
    ["selu", renga.selu, [-1.7580993, -1.7580993, 94.5630904, 105.0700987]],
    ["erf", renga.erf, [-1, -1, 1, 1]],
  ] as const)("%s", async (_, op, want) => {
    await expectClose(op(tensor(SATURATED)), want, [4], { rtol: 1e-6, atol: 1e-30 });
  });

  test.each([
    ["softplus", renga.softplus, [0, 0, 1, 1]],
    ["logSigmoid", renga.logSigmoid, [1, 1, 0, 0]],
    ["sigmoid", renga.sigmoid, [0, 0, 0, 0]],
    ["silu", renga.silu, [0, 0, 1, 1]],
    ["elu", (x: Tensor) => renga.elu(x), [0, 0, 1, 1]],
    ["tanh", renga.tanh, [0, 0, 0, 0]],
    ["mish", renga.mish, [0, 0, 1, 1]],
    ["gelu", (x: Tensor) => renga.gelu(x), [0, 0, 1, 1]],
    ["gelu tanh", (x: Tensor) => renga.gelu(x, { approximate: "tanh" }), [0, 0, 1, 1]],
    ["relu", renga.relu, [0, 0, 1, 1]],
    ["erf", renga.erf, [0, 0, 0, 0]],
  ] as const)("derivative of %s", async (_, op, want) => {
    const got = await slope(op, SATURATED);
    got.forEach((value, i) => expect(Math.abs(value - (want[i] as number))).toBeLessThan(1e-30));
  });

  test("kinks have the derivative 0", async () => {
    expect(await slope(renga.relu, [0])).toEqual([0]);
    expect(await slope(renga.abs, [0])).toEqual([0]);
    expect(await slope(renga.relu6, [0, 6])).toEqual([0, 0]);
  });
});

describe("powers", () => {
  test("a negative base has none with a fractional exponent", async () => {
    const bases = tensor([-8, -2, -0.5, 8, 0, -Infinity]);
    const got = await renga.pow(bases, tensor([1 / 3, -0.5, 2.5, 1 / 3, 0.5, 0.5])).data();
    const want = [NaN, NaN, NaN, 2, 0, Infinity];
    want.forEach((y, i) => {
      if (Number.isNaN(y)) expect(got[i]).toBeNaN();
      else expect(got[i]).toBeCloseTo(y, 5);
    });
    expect(await renga.pow(tensor([-2]), 0.7).item()).toBeNaN();
  });

  test("whole powers of whole numbers are exact", async () => {
    const bases = [3, -3, 2, 7, 10, 0, -1];
    for (const exponent of [0, 1, 2, 3, 5, 7]) {
      const want = bases.map((base) => base ** exponent);
      const numbers = renga.pow(tensor(bases), exponent);
      expect(await numbers.array()).toEqual(want);
      expect(await renga.pow(tensor(bases), full([7], exponent)).array()).toEqual(want);
    }
  });

  test("gradient of x² at 0", async () => {
    expect(await slope((x) => renga.pow(x, 2), [0, 3])).toEqual([0, 6]);
    expect(await slope((x) => renga.pow(x, tensor([2, 2])), [0, 3])).toEqual([0, 6]);
  });
});

describe("reductions", () => {
  test("the sum of 10⁷ tenths", async () => {
    const total = await sum(full([10_000_000], 0.1)).item();
    expect(Math.abs(total / (10_000_000 * Math.fround(0.1)) - 1)).toBeLessThan(1e-5);
    const mean = await renga.mean(full([10_000_000], 0.1)).item();
    expect(Math.abs(mean / Math.fround(0.1) - 1)).toBeLessThan(1e-5);
  });

  test("gradient of a product with zeros", async () => {
    expect(await slope((x) => renga.prod(x), [2, 0, 3])).toEqual([0, 6, 0]);
    expect(await slope((x) => renga.prod(x), [0, 0, 3])).toEqual([0, 0, 0]);
  });

  test("logSumExp far out", async () => {
    const x = tensor([
      [1e4, 1e4],
      [-1e4, -1e4],
      [1e4, -1e4],
    ]);
    const want = [1e4 + Math.LN2, -1e4 + Math.LN2, 1e4];
    await expectClose(renga.logSumExp(x, 1), want, [3], { rtol: 1e-7 });
    const none = renga.logSumExp(tensor([-Infinity, -Infinity]));
    expect(await none.item()).toBe(-Infinity);
  });

  test("variance of large numbers", async () => {
    const x = tensor([10000, 10001, 10002, 10003]);
    await expectClose(renga.variance(x), [1.25], [], { rtol: 1e-6 });
  });
});

describe("softmax and cross-entropy", () => {
  test("one huge logit", async () => {
    const x = tensor([1e4, 0, -1e4]);
    expect(await renga.softmax(x).array()).toEqual([1, 0, 0]);
    expect(await renga.logSoftmax(x).array()).toEqual([0, -1e4, -2e4]);
  });

  test("large logits", async () => {
    const logits = tensor([
      [1e4, 0, -1e4],
      [-1e4, 1e4, 0],
    ]);
    const labels = tensor([0, 2], { dtype: "i32" });
    const losses = crossEntropy(logits, labels, { reduction: "none" });
    expect(await losses.array()).toEqual([0, 1e4]);
    const [g] = grad(() => crossEntropy(logits, labels, { reduction: "sum" }), [logits]);
    expect(await g?.array()).toEqual([
      [0, 0, 0],
      [0, 1, -1],
    ]);
  });
});

describe("small arguments", () => {
  test.each([
    ["erf", renga.erf, (x: number) => (2 / Math.sqrt(Math.PI)) * (x - x ** 3 / 3)],
    ["expm1", renga.expm1, Math.expm1],
    ["log1p", renga.log1p, Math.log1p],
    ["tanh", renga.tanh, Math.tanh],
  ] as const)("%s", async (_, op, definition) => {
    const values = Float32Array.from([1e-6, -1e-6, 3e-4, -2e-3]);
    await expectClose(op(tensor(values)), Float32Array.from(values, definition), [4], {
      rtol: 1e-6,
      atol: 0,
    });
  });
});

describe("NaN and infinity", () => {
  test("pass through arithmetic and functions", async () => {
    const x = tensor([NaN, Infinity, -Infinity]);
    expect(await x.add(1).array()).toEqual([NaN, Infinity, -Infinity]);
    expect(await x.mul(2).array()).toEqual([NaN, Infinity, -Infinity]);
    expect(await renga.exp(x).array()).toEqual([NaN, Infinity, 0]);
    expect(await renga.log(x).array()).toEqual([NaN, Infinity, NaN]);
    expect(await renga.tanh(x).array()).toEqual([NaN, 1, -1]);
    expect(await renga.relu(x).array()).toEqual([NaN, Infinity, 0]);
    expect(await sum(x).array()).toEqual(NaN);
    expect(await renga.matmul(x.reshape([1, 3]), renga.ones([3, 1])).array()).toEqual([[NaN]]);
  });
});
