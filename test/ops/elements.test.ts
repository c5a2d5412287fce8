import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";
import { describeClasses } from "../support/classes.ts";

const ints = (values: number[] | number[][]): Tensor => tensor(values, { dtype: "i32" });

describeClasses("rows by index", () => {
  test("gather and its adjoint with few ids and with many", async () => {
    for (const count of [3, 65, 200]) {
      const places = Array.from({ length: count }, (_, i) => (i * 7) % 5);
      const ids = ints(places);
      await expectGradients((x) => renga.gather(x, ids), [randomTensor([5, 3], 2)]);
      const dy = randomTensor([count, 3], 3);
      const rows = (await dy.array()) as number[][];
      const want = Array.from({ length: 5 }, () => [0, 0, 0]);
      rows.forEach((row, i) => row.forEach((v, k) => (want[places[i] as number]![k]! += v)));
      await expectClose(renga.scatterAdd(dy, ids, 0, 5), want.flat(), [5, 3], { atol: 1e-5 });
      const again = await renga.scatterAdd(dy, ids, 0, 5).data();
      expect(again).toEqual(await renga.scatterAdd(dy, ids, 0, 5).data());
    }
    const inner = ints(Array.from({ length: 70 }, (_, i) => i % 4));
    await expectGradients((x) => renga.gather(x, inner, 1), [randomTensor([2, 4, 3], 4)]);
  });
});

describe("elements by index", () => {
  test("takeAlongAxis", async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const ids = ints([
      [2, 2],
      [0, -1],
    ]);
    expect(await renga.takeAlongAxis(x, ids).array()).toEqual([
      [3, 3],
      [4, 6],
    ]);
    expect(await renga.takeAlongAxis(x, ints([[1, 0, 7]]), 0).array()).toEqual([[4, 2, 0]]);
    await expectGradients((a) => renga.takeAlongAxis(a, ids), [x]);
    await expectGradients((a) => renga.takeAlongAxis(a.transpose(), ids.transpose(), 0), [x]);
  });

  test("scatter in every mode, the last update winning", async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const ids = ints([
      [2, 0, 2],
      [1, 1, -3],
    ]);
    const updates = tensor([
      [10, 20, 30],
      [40, 0, 60],
    ]);
    const result = (mode: renga.ScatterMode): Promise<unknown> =>
      renga.scatter(x, ids, updates, { mode }).array();
    expect(await result("set")).toEqual([
      [20, 2, 30],
      [60, 0, 6],
    ]);
    expect(await result("add")).toEqual([
      [21, 2, 43],
      [64, 45, 6],
    ]);
    expect(await result("max")).toEqual([
      [20, 2, 30],
      [60, 40, 6],
    ]);
    expect(await result("min")).toEqual([
      [1, 2, 3],
      [4, 0, 6],
    ]);
    expect(await result("mul")).toEqual([
      [20, 2, 900],
      [240, 0, 6],
    ]);
    for (const mode of ["set", "add", "max", "min", "mul"] as const) {
      await expectGradients((a, b) => renga.scatter(a, ids, b, { mode }), [x, updates]);
    }
  });

  test("the gradient of products through zeros, to the second order", async () => {
    const x = tensor([2, 3, 0.5, 4]);
    const ids = ints([0, 0, 1, 1, 2, 2, 0]);
    const updates = tensor([2, -1, 0, 3, 0, 0, 0.5]);
    const f = (a: Tensor, b: Tensor): Tensor => renga.scatter(a, ids, b, { mode: "mul" });
    await expectGradients(f, [x, updates]);
    const smooth = tensor([2, -1, 0.25, 3, -2, 1, 0.5]);
    await expectGradients(
      (a, b) => renga.grad(() => renga.sum(renga.square(f(a, b))), [b])[0] as Tensor,
      [x, smooth],
    );
  });

  test("gatherND", async () => {
    const x = renga.arange(0, 24).reshape([2, 3, 4]);
    const ids = ints([
      [1, 2],
      [0, -1],
      [1, 2],
    ]);
    expect(await renga.gatherND(x, ids).array()).toEqual([
      [20, 21, 22, 23],
      [8, 9, 10, 11],
      [20, 21, 22, 23],
    ]);
    await expectGradients((a) => renga.gatherND(a, ids), [randomTensor([2, 3, 4], 1)]);
  });

  test("nothing to do", async () => {
    const none = renga.zeros([2, 0], "i32");
    expect(renga.takeAlongAxis(renga.ones([2, 3]), none).shape).toEqual([2, 0]);
    const same = renga.scatter(renga.ones([2, 3]), none, renga.zeros([2, 0]));
    expect(await same.array()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  test("wrong calls", () => {
    const x = renga.ones([2, 3]);
    expect(() => renga.takeAlongAxis(x, ints([1]))).toThrow(/takeAlongAxis.*\[2, 3\].*\[1\]/);
    expect(() => renga.takeAlongAxis(x, renga.ones([2, 1]))).toThrow(/takeAlongAxis.*i32/);
    expect(() => renga.scatter(x, ints([[0], [1]]), renga.ones([2, 2]))).toThrow(/updates/);
    const mode = "product" as renga.ScatterMode;
    expect(() => renga.scatter(x, ints([[0], [1]]), renga.ones([2, 1]), { mode })).toThrow(/mode/);
    expect(() => renga.gatherND(x, ints([[0, 0, 0]]))).toThrow(/gatherND/);
    expect(() => renga.gather(x, renga.ones([1]))).toThrow(/gather.*i32/);
  });
});
