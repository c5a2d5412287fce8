import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";

type Unary = (x: Tensor) => Tensor;

/** name, op, definition, range of inputs. Steps and kinks are kept away from the differences. */
const UNARY: readonly [string, Unary, (x: number) => number, number?, number?][] = [
  ["neg", renga.neg, (x) => -x],
  ["abs", renga.abs, Math.abs, 0.1, 1],
  ["exp", renga.exp, Math.exp],
  ["log", renga.log, Math.log, 0.5, 3],
  ["log1p", renga.log1p, Math.log1p, -0.4, 2],
  ["expm1", renga.expm1, Math.expm1],
  ["sqrt", renga.sqrt, Math.sqrt, 0.5, 3],
  ["rsqrt", renga.rsqrt, (x) => 1 / Math.sqrt(x), 0.5, 3],
  ["square", renga.square, (x) => x * x],
  ["reciprocal", renga.reciprocal, (x) => 1 / x, 0.5, 2],
  ["sin", renga.sin, Math.sin],
  ["cos", renga.cos, Math.cos],
  ["tan", renga.tan, Math.tan],
  ["tanh", renga.tanh, Math.tanh, -4, 4],
  ["sigmoid", renga.sigmoid, (x) => 1 / (1 + Math.exp(-x)), -4, 4],
  ["softplus", renga.softplus, (x) => Math.log1p(Math.exp(x)), -4, 4],
  ["relu", renga.relu, (x) => Math.max(x, 0), 0.1, 2],
  ["leakyRelu", (x) => renga.leakyRelu(x), (x) => (x > 0 ? x : 0.2 * x), -2, -0.1],
  ["elu", (x) => renga.elu(x), (x) => (x > 0 ? x : Math.expm1(x)), -2, -0.1],
  ["silu", renga.silu, (x) => x / (1 + Math.exp(-x)), -4, 4],
  ["floor", renga.floor, Math.floor, 0.1, 0.9],
  ["ceil", renga.ceil, Math.ceil, 0.1, 0.9],
  ["round", renga.round, Math.round, 0.1, 0.4],
  ["sign", renga.sign, Math.sign, 0.1, 1],
  ["clip", (x) => renga.clip(x, { min: -0.5, max: 3 }), (x) => Math.max(x, -0.5), -0.4, 1],
  ["gelu tanh", (x) => renga.gelu(x, { approximate: "tanh" }), geluTanh, -3, 3],
];

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

describe("unary ops", () => {
  test.each(UNARY)("%s", async (_, op, definition, low = -1, high = 1) => {
    for (const size of [1, 5, 64, 257]) {
      const values = numbers(size, 3, low, high);
      await expectClose(op(tensor(values)), Float32Array.from(values, definition), [size]);
    }
    const matrix = randomTensor([3, 5], 4, low, high);
    await expectGradients(op, [matrix]);
    // A view goes through strides and must agree with its copy.
    const strided = await op(matrix.transpose()).data();
    expect(strided).toEqual(await op(matrix.transpose().contiguous()).data());
  });

  test("erf at known places", async () => {
    const want = [
      0, 0.1124629160182849, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527,
    ];
    await expectClose(renga.erf(tensor([0, 0.1, 0.5, 1, 2])), want, [5]);
    await expectGradients(renga.erf, [randomTensor([7], 1, -2, 2)]);
    await expectGradients((x) => renga.gelu(x), [randomTensor([7], 1, -2, 2)]);
  });

  test("an empty tensor stays empty", async () => {
    expect(await renga.exp(renga.zeros([0, 3])).array()).toEqual([]);
  });
});

type Binary = (a: Tensor | number, b: Tensor | number) => Tensor;

const BINARY: readonly [string, Binary, (a: number, b: number) => number][] = [
  ["add", renga.add, (a, b) => a + b],
  ["sub", renga.sub, (a, b) => a - b],
  ["mul", renga.mul, (a, b) => a * b],
  ["div", renga.div, (a, b) => a / b],
  ["pow", renga.pow, (a, b) => a ** b],
  ["maximum", renga.maximum, Math.max],
  ["minimum", renga.minimum, Math.min],
];

/** Shapes that take every path: flat, element, row, strided. */
const PAIRS: readonly [number[], number[]][] = [
  [[7], [7]],
  [[2, 3, 4], [4]],
  [
    [2, 3, 4],
    [3, 4],
  ],
  [[5, 3], [3]],
  [
    [4, 1],
    [1, 6],
  ],
  [[3, 4], []],
  [[], [3, 4]],
  [
    [2, 1, 5],
    [4, 1],
  ],
];

describe("binary ops", () => {
  test.each(BINARY)("%s", async (_, op, definition) => {
    for (const [shapeA, shapeB] of PAIRS) {
      const [a, b] = [randomTensor(shapeA, 5, 0.5, 2), randomTensor(shapeB, 6, 2.1, 3)];
      const y = op(a, b);
      const [wideA, wideB] = [a, b].map((x) => renga.broadcastTo(x, y.shape).data());
      const [left, right] = [await wideA, await wideB] as Float32Array[];
      const want = (left as Float32Array).map((x, i) => definition(x, right?.[i] as number));
      await expectClose(y, want, y.shape);
      await expectGradients(op, [a, b]);
    }
  });

  test("numbers on either side take the tensor's dtype", async () => {
    expect(await tensor([1, 2]).add(1).array()).toEqual([2, 3]);
    expect(await renga.sub(1, tensor([1, 2])).array()).toEqual([0, -1]);
    const whole = tensor(Int32Array.of(5, -7));
    expect(await whole.mul(3).array()).toEqual([15, -21]);
    expect(
      await tensor([
        [1, 2],
        [3, 4],
      ])
        .transpose()
        .mul(2)
        .array(),
    ).toEqual([
      [2, 6],
      [4, 8],
    ]);
  });

  test("comparisons and logic", async () => {
    const [a, b] = [tensor([1, 2, 3]), tensor([3, 2, 1])];
    expect(await a.less(b).array()).toEqual([true, false, false]);
    expect(await a.greaterEqual(b).array()).toEqual([false, true, true]);
    expect(await a.equal(2).logicalNot().array()).toEqual([true, false, true]);
    expect(await a.less(b).logicalOr(a.equal(b)).array()).toEqual([true, true, false]);
    expect(await renga.where(a.less(b), a, b).array()).toEqual([1, 2, 1]);
    expect(await a.mod(2).array()).toEqual([1, 0, 1]);
  });

  test("errors name the op, the shapes and the way out", () => {
    expect(() => renga.add(renga.zeros([2, 3]), renga.zeros([4]))).toThrow(
      "add: shapes must be equal or 1, axis by axis from the last. Got a [2, 3] and b [4]. " +
        "Axis -1 has 3 against 4",
    );
    expect(() => renga.mul(renga.zeros([2]), renga.zeros([2], "i32"))).toThrow(/f32 and i32.*Cast/);
    expect(() => renga.exp(renga.zeros([2], "i32"))).toThrow(/exp: the dtype must be f32/);
  });
});
