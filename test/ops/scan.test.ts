import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { describeClasses } from "../support/classes.ts";

/** y along one axis of length `n`, for lines that lie `inner` apart. */
function scanned(
  values: Float32Array,
  [outer, n, inner]: readonly [number, number, number],
  step: (state: number, value: number) => number,
  initial: number,
  { reverse = false, exclusive = false }: renga.ScanOptions,
): number[] {
  const y = Array<number>(values.length);
  for (let line = 0; line < outer * inner; line++) {
    let state = initial;
    for (let k = 0; k < n; k++) {
      const at = reverse ? n - 1 - k : k;
      const place = (Math.floor(line / inner) * n + at) * inner + (line % inner);
      const next = step(state, values[place] as number);
      y[place] = exclusive ? state : next;
      state = next;
    }
  }
  return y;
}

const SHAPES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 5, 7],
  [2, 64, 1],
  [1, 129, 3],
  [2, 777, 1],
  [0, 4, 2],
  [2, 0, 3],
];

const OPTIONS: readonly renga.ScanOptions[] = [
  {},
  { reverse: true },
  { exclusive: true },
  { reverse: true, exclusive: true },
];

describeClasses("scans", () => {
  test.each(SHAPES)("[%i, %i, %i]", async (...shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = numbers(size, 5, 0.5, 1.4);
    const x = tensor(values, { shape });
    for (const options of OPTIONS) {
      const sums = scanned(values, shape, (a, b) => a + b, 0, options);
      await expectClose(renga.cumSum(x, 1, options), sums, shape, { rtol: 1e-5 });
      const products = scanned(values, shape, (a, b) => a * b, 1, options);
      await expectClose(renga.cumProd(x, 1, options), products, shape, { rtol: 1e-4 });
    }
  });

  test("gradients", async () => {
    for (const options of OPTIONS) {
      const x = randomTensor([3, 5, 2], 3, 0.5, 1.5);
      await expectGradients((a) => renga.cumSum(a, 1, options), [x]);
      await expectGradients((a) => renga.cumProd(a.transpose(), 1, options), [x]);
    }
    await expectGradients((x) => renga.cumSum(x), [randomTensor([2, 200], 4)]);
  });

  test("the gradient of a product divides by nothing", async () => {
    const x = tensor([2, 0, 3, 0, 5]);
    const [g] = renga.grad(() => renga.sum(renga.cumProd(x)), [x]);
    await expectClose(g as Tensor, [1, 2 * (1 + 3), 0, 0, 0], [5]);
  });

  test("linear recurrences", async () => {
    const [a, b] = [randomTensor([2, 150, 3], 1), randomTensor([2, 150, 3], 2)];
    const [va, vb] = [await a.data(), await b.data()];
    const want: number[] = [];
    for (let i = 0; i < va.length; i++) {
      const before = Math.floor(i / 3) % 150 === 0 ? 0 : (want[i - 3] as number);
      want.push((va[i] as number) + (vb[i] as number) * before);
    }
    await expectClose(renga.linearRecurrence(a, b, 1), want, [2, 150, 3], { atol: 1e-5 });
    const small = [randomTensor([2, 5], 3), randomTensor([2, 5], 4)] as const;
    for (const reverse of [false, true]) {
      await expectGradients((p, q) => renga.linearRecurrence(p, q, 1, { reverse }), small);
    }
  });
});

describe("scans of integers and wrong calls", () => {
  test("i32 and u32 are exact", async () => {
    const x = tensor([7, -2, 5], { dtype: "i32" });
    expect(await renga.cumSum(x).array()).toEqual([7, 5, 10]);
    expect(await renga.cumProd(tensor([2, 3, 4], { dtype: "u32" })).array()).toEqual([2, 6, 24]);
  });

  test("wrong calls", () => {
    expect(() => renga.cumSum(tensor([1]), 1)).toThrow(/cumSum/);
    expect(() => renga.cumProd(tensor([true]))).toThrow(/cumProd.*dtype/);
    expect(() => renga.linearRecurrence(tensor([1]), tensor([1, 2]))).toThrow(/same shape/);
  });
});
