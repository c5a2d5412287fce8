import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, tensor, zeros } from "../../src/index.ts";
import { expectClose, expectGradients, numbers } from "../support/check.ts";

type Reduce = (x: Tensor, axes?: number | number[], options?: { keepDims?: boolean }) => Tensor;

const REDUCTIONS: readonly [string, Reduce, (row: number[]) => number][] = [
  ["sum", renga.sum, (row) => row.reduce((a, b) => a + b, 0)],
  ["mean", renga.mean, (row) => row.reduce((a, b) => a + b, 0) / row.length],
  ["max", renga.max, (row) => Math.max(...row)],
  ["min", renga.min, (row) => Math.min(...row)],
  ["prod", renga.prod, (row) => row.reduce((a, b) => a * b, 1)],
  ["logSumExp", renga.logSumExp, (row) => Math.log(row.reduce((a, b) => a + Math.exp(b), 0))],
];

describe("reductions", () => {
  test.each(REDUCTIONS)("%s over every set of axes", async (_, reduce, definition) => {
    const shape = [3, 5, 4];
    // Far enough apart that a difference meets no other maximum.
    const values = Float32Array.from({ length: 60 }, (__, i) => 0.5 + ((i * 37) % 60) / 60);
    const x = tensor(values, { shape });
    for (const axes of [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]) {
      const groups = new Map<string, number[]>();
      values.forEach((value, i) => {
        const place = [Math.floor(i / 20), Math.floor(i / 4) % 5, i % 4];
        const key = place.filter((__, axis) => !axes.includes(axis)).join();
        groups.set(key, [...(groups.get(key) ?? []), value]);
      });
      const kept = shape.filter((__, axis) => !axes.includes(axis));
      await expectClose(reduce(x, axes), [...groups.values()].map(definition), kept);
      const ones = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
      expect(reduce(x, axes, { keepDims: true }).shape).toEqual(ones);
      await expectGradients((y) => reduce(y, axes), [x], { step: 1e-3, atol: 1e-2 });
    }
  });

  test("long axes are split; sums are the same bits every time", async () => {
    const values = numbers(100_003, 5);
    const x = tensor(values);
    const want = values.reduce((a, b) => a + b, 0);
    await expectClose(renga.sum(x), [want], [], { atol: 1e-2 });
    expect(await renga.sum(x).item()).toBe(await renga.sum(x).item());
    await expectClose(
      renga.sum(tensor(values.slice(0, 100_000), { shape: [50_000, 2] }), 0).sum(),
      [values.slice(0, 100_000).reduce((a, b) => a + b, 0)],
      [],
      { atol: 1e-2 },
    );
  });

  test("arg-extremes take the first of equals; any and all", async () => {
    const x = tensor([
      [1, 3, 3],
      [2, 0, 0],
    ]);
    expect(await renga.argMax(x).array()).toEqual([1, 0]);
    expect(await renga.argMin(x, 0).array()).toEqual([0, 1, 1]);
    expect(await renga.any(x.equal(0), 1).array()).toEqual([false, true]);
    expect(await renga.all(x.greater(0), 0).array()).toEqual([true, false, false]);
  });

  test("ties share the gradient; zeros do not spoil the product's", async () => {
    const x = tensor([2, 5, 5]);
    expect(await renga.grad(() => renga.max(x), [x])[0]?.array()).toEqual([0, 0.5, 0.5]);
    const z = tensor([2, 0, 5]);
    expect(await renga.grad(() => renga.prod(z), [z])[0]?.array()).toEqual([0, 10, 0]);
  });

  test("empty axes: a sum is 0, a maximum an error", async () => {
    expect(await renga.sum(zeros([2, 0]), 1).array()).toEqual([0, 0]);
    expect(() => renga.max(zeros([2, 0]), 1)).toThrow(/empty axis/);
    expect(() => renga.sum(zeros([2]), 3)).toThrow(/axis must be an integer in \[-1, 0\]/);
  });
});
