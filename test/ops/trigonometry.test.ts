import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";

type Unary = (x: Tensor) => Tensor;

/** name, op, definition, range of inputs. */
const ROWS: readonly [string, Unary, (x: number) => number, number, number][] = [
  ["asin", renga.asin, Math.asin, -0.95, 0.95],
  ["acos", renga.acos, Math.acos, -0.95, 0.95],
  ["atan", renga.atan, Math.atan, -30, 30],
  ["sinh", renga.sinh, Math.sinh, -4, 4],
  ["cosh", renga.cosh, Math.cosh, -4, 4],
  ["asinh", renga.asinh, Math.asinh, -8, 8],
  ["acosh", renga.acosh, Math.acosh, 1.2, 8],
  ["atanh", renga.atanh, Math.atanh, -0.9, 0.9],
  ["log2", renga.log2, Math.log2, 0.3, 9],
  ["logSigmoid", renga.logSigmoid, (x) => -Math.log1p(Math.exp(-x)), -5, 5],
  ["mish", renga.mish, (x) => x * Math.tanh(Math.log1p(Math.exp(x))), -4, 4],
  ["selu", renga.selu, (x) => 1.0507009873554805 * selu(x), -3, -0.1],
  ["celu", (x) => renga.celu(x, { alpha: 0.7 }), celu, -3, -0.1],
  ["softsign", renga.softsign, (x) => x / (1 + Math.abs(x)), 0.1, 3],
  ["relu6", renga.relu6, (x) => Math.min(Math.max(x, 0), 6), 0.2, 5.5],
  ["hardTanh", (x) => renga.hardTanh(x), (x) => Math.min(Math.max(x, -1), 1), -0.9, 0.9],
  ["hardSigmoid", (x) => renga.hardSigmoid(x), (x) => x / 6 + 0.5, -2.5, 2.5],
  ["hardSilu", renga.hardSilu, (x) => x * (x / 6 + 0.5), -2.5, 2.5],
];

function selu(x: number): number {
  return x > 0 ? x : 1.6732632423543772 * Math.expm1(x);
}

function celu(x: number): number {
  return x > 0 ? x : 0.7 * Math.expm1(x / 0.7);
}

describe("inverse, hyperbolic and piecewise functions", () => {
  test.each(ROWS)("%s", async (_, op, definition, low, high) => {
    for (const size of [0, 1, 7, 65]) {
      const values = numbers(size, 3, low, high);
      await expectClose(op(tensor(values)), Float32Array.from(values, definition), [size], {
        rtol: 2e-6,
      });
    }
    const matrix = randomTensor([3, 5], 4, low, high);
    await expectGradients(op, [matrix]);
    await expectGradients((x) => op(x.transpose()), [matrix]);
    expect(await op(matrix.transpose()).data()).toEqual(
      await op(matrix.transpose().contiguous()).data(),
    );
  });

  test("small arguments lose nothing", async () => {
    const small = [1e-6, -3e-5, 2e-3];
    const ops = [
      ["sinh", renga.sinh],
      ["asinh", renga.asinh],
      ["atanh", renga.atanh],
      ["asin", renga.asin],
      ["atan", renga.atan],
    ] as const;
    for (const [name, op] of ops) {
      const want = Float32Array.from(small).map((x) => Math[name](x));
      await expectClose(op(tensor(small)), want, [3], { rtol: 1e-6, atol: 0 });
    }
  });

  test("large arguments neither overflow nor cancel", async () => {
    await expectClose(renga.asinh(tensor([1e20, -1e30])), [46.7448, -69.7707], [2]);
    await expectClose(renga.acosh(tensor([1e20, 1])), [46.7448, 0], [2]);
    await expectClose(renga.atan(tensor([1e30, -1e30])), [Math.PI / 2, -Math.PI / 2], [2]);
    await expectClose(renga.sinh(tensor([88.5])), [Math.sinh(Math.fround(88.5))], [1], {
      rtol: 1e-4,
    });
  });

  test("atan2 in every quadrant and on the axes", async () => {
    const [y, x]: number[][] = [
      [1, 1, -1, -1, 0, 0, 1, -1, 2, -3],
      [1, -1, 1, -1, 1, -1, 0, 0, 0.5, -0.25],
    ];
    const want = (y as number[]).map((value, i) => Math.atan2(value, x?.[i] as number));
    await expectClose(renga.atan2(tensor(y as number[]), tensor(x as number[])), want, [10]);
    await expectGradients(renga.atan2, [
      randomTensor([4, 1], 1, 0.5, 2),
      randomTensor([1, 5], 2, -2, -0.5),
    ]);
  });

  test("logAddExp and xlogy at their limits", async () => {
    const big = renga.logAddExp(tensor([1e4, -1e4, 0]), tensor([1e4, -1e4, -200]));
    await expectClose(big, [1e4 + Math.LN2, -1e4 + Math.LN2, 0], [3]);
    await expectGradients(renga.logAddExp, [randomTensor([3, 4], 1), randomTensor([4], 2)]);
    await expectClose(renga.xlogy(tensor([0, 2]), tensor([0, 3])), [0, 2 * Math.log(3)], [2]);
    await expectGradients(renga.xlogy, [randomTensor([5], 1), randomTensor([5], 2, 0.5, 2)]);
  });

  test("prelu learns its slope", async () => {
    const x = tensor([[-2, 3, -1]]);
    await expectClose(renga.prelu(x, tensor([0.5, 0.5, 0.25])), [-1, 3, -0.25], [1, 3]);
    await expectGradients(renga.prelu, [x, tensor([0.5, 0.5, 0.25])]);
  });

  test("what is no ordinary number", async () => {
    const x = tensor([1, NaN, Infinity, -Infinity, 0]);
    expect(await renga.isNaN(x).array()).toEqual([false, true, false, false, false]);
    expect(await renga.isFinite(x).array()).toEqual([true, false, false, false, true]);
    expect(await renga.isInfinite(x).array()).toEqual([false, false, true, true, false]);
    const replaced = renga.nanToNum(x, { nan: 7, infinity: 8, negativeInfinity: -8 });
    expect(await replaced.array()).toEqual([1, 7, 8, -8, 0]);
    const [g] = renga.grad(() => renga.sum(renga.nanToNum(x)), [x]);
    expect(await g?.array()).toEqual([1, 0, 0, 0, 1]);
  });
});
