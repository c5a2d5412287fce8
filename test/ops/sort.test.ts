import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { tensor } from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { describeClasses } from "../support/classes.ts";

/** Stable order of a list; NaN is the largest. */
function orderOf(values: readonly number[], descending: boolean): number[] {
  const key = (x: number): number => (Number.isNaN(x) ? Infinity : x);
  const sign = descending ? -1 : 1;
  return values
    .map((_, i) => i)
    .sort((a, b) => {
      return sign * (key(values[a] as number) - key(values[b] as number)) || a - b;
    });
}

describeClasses("sorting", () => {
  test.each([1, 2, 3, 31, 64, 511, 512, 513, 1500, 4099])("%i elements", async (length) => {
    const values = Array.from(numbers(length, 8, -5, 5), (x) => Math.round(x * 4) / 4);
    const x = tensor(values);
    for (const descending of [false, true]) {
      const order = orderOf(values, descending);
      expect(await renga.argSort(x, { descending }).array()).toEqual(order);
      const sorted = order.map((i) => values[i] as number);
      await expectClose(renga.sort(x, { descending }).values, sorted, [length], { rtol: 0 });
    }
  });

  test("lines along any axis, strided too", async () => {
    const x = randomTensor([3, 20, 5], 2);
    const lines = x.transpose([0, 2, 1]);
    const got = await renga.sort(x, { axis: 1 }).values.transpose([0, 2, 1]).data();
    expect(got).toEqual(await renga.sort(lines).values.data());
    const rows = (await lines.array()) as number[][][];
    const want = rows.flat(1).flatMap((row) => row.toSorted((a, b) => a - b));
    expect(Array.from(got)).toEqual(want);
  });
});

describe("sorted tensors", () => {
  test("integers, infinities and NaN", async () => {
    const x = tensor([3, -7, 0, 3], { dtype: "i32" });
    expect(await renga.sort(x).values.array()).toEqual([-7, 0, 3, 3]);
    const big = tensor([0x80000000, 5, 1], { dtype: "u32" });
    expect(await renga.argSort(big).array()).toEqual([2, 1, 0]);
    const odd = tensor([NaN, 1, -Infinity, Infinity, -0, 0]);
    expect(await renga.argSort(odd).array()).toEqual([2, 4, 5, 1, 3, 0]);
    expect(await renga.argSort(odd, { descending: true }).array()).toEqual([0, 3, 1, 4, 5, 2]);
  });

  test("gradients go back to where elements were", async () => {
    const x = tensor([
      [0.3, -1, 2, 0.9],
      [1, 4, -3, 0],
    ]);
    await expectGradients((a) => renga.sort(a, { axis: 0 }).values, [x]);
    await expectGradients((a) => renga.sort(a, { descending: true }).values, [x]);
    await expectGradients((a) => renga.topK(a, 2).values, [x]);
    await expectGradients((a) => renga.topK(a, 1, { axis: 0, largest: false }).values, [x]);
  });

  test("topK", async () => {
    const { values, indices } = renga.topK(tensor([1, 9, 3, 9]), 3);
    expect(await values.array()).toEqual([9, 9, 3]);
    expect(await indices.array()).toEqual([1, 3, 2]);
    expect(renga.topK(tensor([1, 2]), 0).values.shape).toEqual([0]);
    expect(renga.sort(renga.zeros([0, 3])).values.shape).toEqual([0, 3]);
  });

  test("searchSorted and binCount", async () => {
    const line = tensor([1, 2, 2, 5]);
    const at = tensor([0, 1, 2, 3, 9]);
    expect(await renga.searchSorted(line, at).array()).toEqual([0, 0, 1, 3, 4]);
    expect(await renga.searchSorted(line, at, { side: "right" }).array()).toEqual([0, 1, 3, 3, 4]);
    const ids = tensor([0, 3, 3, -1, 9, 1], { dtype: "i32" });
    expect(await renga.binCount(ids, 4).array()).toEqual([1, 1, 0, 3]);
  });

  test("nonzero", async () => {
    const mask = tensor([
      [false, true, false],
      [true, true, false],
    ]);
    const { indices, count } = renga.nonzero(mask);
    expect(await count.item()).toBe(3);
    expect(await indices.array()).toEqual([1, 3, 4, 6, 6, 6]);
    const rows = renga.gather(tensor([10, 11, 12, 13, 14, 15]), indices);
    expect(await rows.array()).toEqual([11, 13, 14, 0, 0, 0]);
  });

  test("wrong calls", () => {
    expect(() => renga.argSort(tensor([true]))).toThrow(/argSort.*dtype/);
    expect(() => renga.sort(tensor([1]), { axis: 3 })).toThrow(/sort/);
    expect(() => renga.topK(tensor([1, 2]), 3)).toThrow(/topK.*length of the axis/);
    expect(() => renga.searchSorted(renga.zeros([2, 2]), tensor([1]))).toThrow(/vector/);
    expect(() => renga.binCount(tensor([1]), 3)).toThrow(/binCount.*i32/);
    expect(() => renga.nonzero(tensor([1]))).toThrow(/nonzero.*bool/);
  });
});
