import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { arange, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";

const grid = (): renga.Tensor => arange(0, 12).reshape([3, 4]);

describe("rearranging", () => {
  test("roll, repeat, swapAxes", async () => {
    expect(await renga.roll(arange(0, 5), 2).array()).toEqual([3, 4, 0, 1, 2]);
    expect(await renga.roll(grid(), [1, -1], [0, 1]).array()).toEqual([
      [9, 10, 11, 8],
      [1, 2, 3, 0],
      [5, 6, 7, 4],
    ]);
    expect(await renga.repeat(tensor([1, 2]), 3).array()).toEqual([1, 1, 1, 2, 2, 2]);
    expect(await renga.swapAxes(grid(), 0, -1).array()).toEqual(await grid().transpose().array());
    await expectGradients((x) => renga.roll(x, [3, -5], [1, 0]), [randomTensor([3, 4], 1)]);
    await expectGradients((x) => renga.repeat(x.transpose(), 2, 1), [randomTensor([3, 4], 1)]);
  });

  test("triangles and diagonals", async () => {
    expect(await renga.tril(grid(), -1).array()).toEqual([
      [0, 0, 0, 0],
      [4, 0, 0, 0],
      [8, 9, 0, 0],
    ]);
    expect(await renga.triu(grid(), 2).array()).toEqual([
      [0, 0, 2, 3],
      [0, 0, 0, 7],
      [0, 0, 0, 0],
    ]);
    expect(await renga.diagonal(grid()).array()).toEqual([0, 5, 10]);
    expect(await renga.diag(tensor([1, 2])).array()).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(await renga.trace(grid()).item()).toBe(15);
    const x = randomTensor([2, 3, 3], 2);
    for (const op of [renga.tril, renga.triu, renga.diagonal, renga.trace, renga.diag]) {
      await expectGradients((a) => op(a), [x]);
    }
  });

  test("meshgrid", async () => {
    const [rows, columns] = renga.meshgrid([tensor([1, 2]), tensor([3, 4, 5])]);
    expect(await rows?.array()).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(await columns?.array()).toEqual([
      [3, 4, 5],
      [3, 4, 5],
    ]);
    expect(renga.meshgrid([tensor([1, 2]), tensor([3, 4, 5])], "xy")[0]?.shape).toEqual([3, 2]);
  });

  test("pad in every mode", async () => {
    const x = arange(0, 4);
    const padded = (fill: number | renga.PadMode): Promise<unknown> =>
      renga.pad(x, [[3, 5]], fill).array();
    expect(await padded(9)).toEqual([9, 9, 9, 0, 1, 2, 3, 9, 9, 9, 9, 9]);
    expect(await padded("edge")).toEqual([0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3]);
    expect(await padded("reflect")).toEqual([3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
    expect(await padded("symmetric")).toEqual([2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0]);
    expect(await padded("wrap")).toEqual([1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]);
    expect(await renga.pad(x, [[-1, 2]], "edge").array()).toEqual([1, 2, 3, 3, 3]);
    for (const fill of [0, "edge", "reflect", "symmetric", "wrap"] as const) {
      const pairs = [
        [1, 2],
        [-1, 3],
      ] as const;
      await expectGradients((a) => renga.pad(a, pairs, fill), [randomTensor([3, 4], 3)]);
    }
  });

  test("depth and space", async () => {
    const x = randomTensor([2, 3, 2, 12], 4);
    for (const order of ["DCR", "CRD"] as const) {
      const wide = renga.depthToSpace(x, 2, order);
      expect(wide.shape).toEqual([2, 6, 4, 3]);
      await expectClose(renga.spaceToDepth(wide, 2, order), await x.data(), x.shape, { rtol: 0 });
      await expectGradients((a) => renga.depthToSpace(a, 2, order), [x]);
      await expectGradients((a) => renga.spaceToDepth(a, 2, order), [wide]);
    }
    const blocks = renga.depthToSpace(arange(0, 4).reshape([1, 1, 1, 4]), 2);
    expect(await blocks.reshape([2, 2]).array()).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("variances and norms", async () => {
    const x = tensor([
      [1, 2, 3, 6],
      [0, 0, 0, 0],
    ]);
    await expectClose(renga.variance(x, 1), [3.5, 0], [2]);
    await expectClose(renga.std(x, 1, { ddof: 1 }), [Math.sqrt(14 / 3), 0], [2]);
    const { mean, variance } = renga.moments(x, 1, { keepDims: true });
    await expectClose(mean, [3, 0], [2, 1]);
    await expectClose(variance, [3.5, 0], [2, 1]);
    await expectClose(renga.norm(x, 1), [Math.sqrt(50), 0], [2]);
    await expectClose(renga.norm(x, 1, { ord: 1 }), [12, 0], [2]);
    await expectClose(renga.norm(x, 1, { ord: Infinity }), [6, 0], [2]);
    await expectClose(renga.norm(x, 1, { ord: 3 }), [Math.cbrt(252), 0], [2]);
    await expectClose(renga.l2Normalize(tensor([[3, 4]])), [0.6, 0.8], [1, 2]);
    const y = randomTensor([3, 5], 6);
    await expectGradients((a) => renga.variance(a, 1, { ddof: 1 }), [y]);
    await expectGradients((a) => renga.std(a, 0), [y]);
    await expectGradients((a) => renga.norm(a, 1), [y]);
    await expectGradients((a) => renga.l2Normalize(a), [y]);
    const [g] = renga.grad(() => renga.sum(renga.norm(x, 1)), [x]);
    expect((await g?.data())?.slice(4)).toEqual(new Float32Array(4));
  });

  test("wrong calls", () => {
    const x = renga.ones([2, 3]);
    expect(() => renga.roll(x, [1, 2, 3])).toThrow(/roll.*3 shifts/);
    expect(() => renga.repeat(x, -1)).toThrow(/repeat.*-1/);
    expect(() => renga.tril(tensor([1]))).toThrow(/tril/);
    expect(() => renga.diag(tensor(1))).toThrow(/diag/);
    expect(() => renga.meshgrid([x])).toThrow(/meshgrid/);
    expect(() => renga.depthToSpace(renga.ones([1, 2, 2, 3]), 2)).toThrow(/depthToSpace/);
    expect(() => renga.spaceToDepth(renga.ones([1, 3, 2, 3]), 2)).toThrow(/spaceToDepth/);
    expect(() => renga.pad(x, [[1, 1]])).toThrow(/pad.*pair for every axis/);
    expect(() =>
      renga.pad(x, [
        [0.5, 1],
        [0, 0],
      ]),
    ).toThrow(/pad/);
    expect(() =>
      renga.pad(
        x,
        [
          [1, 1],
          [0, 0],
        ],
        "mirror" as "wrap",
      ),
    ).toThrow(/pad.*mirror/);
    expect(() => renga.pad(renga.zeros([0]), [[1, 1]], "edge")).toThrow(/nothing to repeat/);
    expect(() => renga.norm(x, 1, { ord: -1 })).toThrow(/norm.*ord/);
  });
});
