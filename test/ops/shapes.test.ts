import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { arange, tensor } from "../../src/index.ts";
import { expectGradients, randomTensor } from "../support/check.ts";

const x = (): renga.Tensor => arange(0, 24).reshape([2, 3, 4]);

describe("shapes", () => {
  test("views agree with their copies", async () => {
    const views = [
      x().transpose([2, 0, 1]),
      x().transpose([1, 0, 2]),
      x().slice([null, [1, 3]]),
      x().flip([0, 2]),
      x().slice([1, null, { step: 2 }]),
      x().slice([null, { start: -1, step: -1 }]),
      x().reshape([4, -1]),
      x()
        .slice([[0, 1]])
        .broadcastTo([5, 3, 4]),
    ];
    for (const view of views) {
      expect(await view.contiguous().array()).toEqual(await view.array());
      expect(await view.add(0).array()).toEqual(await view.array());
    }
    expect(await views[4]?.array()).toEqual([
      [12, 14],
      [16, 18],
      [20, 22],
    ]);
  });

  test.each<[string, renga.Tensor, number[], boolean]>([
    ["an axis in two", x().slice([null, null, [1, 3]]), [2, 3, 2, 1], true],
    ["whole rows together", x().slice([null, null, [0, 2]]), [6, 2], true],
    ["rows and part of their next", x().slice([null, null, [0, 2]]), [3, 4], false],
    ["rows of a part that lies apart", x().slice([null, [0, 2]]), [4, 4], false],
    ["exchanged axes", x().transpose([2, 0, 1]), [4, 6], true],
    ["axes in another order", x().transpose([0, 2, 1]), [2, 12], false],
    ["backwards", x().flip(), [4, 6], true],
    ["repeated", arange(0, 3).broadcastTo([4, 3]), [2, 2, 3, 1], true],
    ["repeated as one axis", arange(0, 3).broadcastTo([4, 3]), [12], false],
    ["one element", x().slice([1, 2, 3]), [1, 1], true],
    ["nothing", x().slice([null, [1, 1]]), [0, 2], false],
  ])("reshape of a view: %s", async (_, view, shape, isView) => {
    const y = view.reshape(shape);
    expect(await y.data()).toEqual(await view.contiguous().data());
    expect(y.storage === view.storage).toBe(isView);
    const same = view.contiguous();
    expect(await y.mul(2).data()).toEqual(await same.reshape(shape).mul(2).data());
  });

  test("gradients of parts that lie side by side are joined without a copy", async () => {
    const given = randomTensor([4, 6], 1);
    const dy = randomTensor([4, 6], 2);
    using tape = new renga.GradientTape();
    tape.watch(given);
    const parts = renga.split(given, [1, 2, 3], 1);
    const [back] = tape.gradient(renga.concat(parts, 1), [given], dy);
    expect(await back?.data()).toEqual(await dy.data());
    expect(back?.storage).toBe(dy.storage);
  });

  test("joining and parting", async () => {
    const [a, b] = [
      tensor([[1, 2]]),
      tensor([
        [3, 4],
        [5, 6],
      ]),
    ];
    expect(await renga.concat([a, b]).array()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(await renga.stack([tensor([1, 2]), tensor([3, 4])], 1).array()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    const parts = renga.split(arange(0, 7), [2, 5]);
    expect(await Promise.all(parts.map((part) => part.array()))).toEqual([
      [0, 1],
      [2, 3, 4, 5, 6],
    ]);
    expect(
      await renga
        .pad(
          a,
          [
            [1, 0],
            [0, 1],
          ],
          9,
        )
        .array(),
    ).toEqual([
      [9, 9, 9],
      [1, 2, 9],
    ]);
    expect(await renga.tile(a, [2, 2]).array()).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    expect(() => renga.concat([a, tensor([1])])).toThrow(/all axes but 0/);
    expect(() => renga.split(a, 3, 1)).toThrow(/add up/);
  });

  test("gather by index, negative ones too", async () => {
    const ids = tensor(Int32Array.of(2, 0, -1));
    expect(await tensor([10, 20, 30]).gather(ids).array()).toEqual([30, 10, 30]);
    const embedding = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const [dw] = renga.grad(() => embedding.gather(ids).sum(), [embedding]);
    expect(await dw?.array()).toEqual([
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });

  test("gradients", async () => {
    const y = randomTensor([2, 3, 4]);
    await expectGradients((a) => a.transpose([1, 2, 0]), [y]);
    await expectGradients((a) => a.slice([1, { step: -1 }, [1, 3]]), [y]);
    await expectGradients(
      (a) =>
        renga.pad(a, [
          [1, 1],
          [0, 2],
          [-1, 0],
        ]),
      [y],
    );
    await expectGradients((a, b) => renga.concat([a, b], 1), [y, randomTensor([2, 1, 4], 2)]);
    await expectGradients((a) => renga.tile(a, [2, 1, 3]), [y]);
    await expectGradients((a) => a.flip(1).reshape([4, 6]), [y]);
    await expectGradients((a) => a.softmax(1), [y]);
    await expectGradients((a) => a.logSoftmax(), [y]);
  });

  test("full, scatterAdd as the adjoint of gather, assign and assignAdd", async () => {
    expect(await renga.full([2], 3, "i32").array()).toEqual([3, 3]);
    const ids = tensor(Int32Array.of(1, 1, 0));
    const sums = renga.scatterAdd(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      ids,
      0,
      3,
    );
    expect(await sums.array()).toEqual([
      [5, 6],
      [4, 6],
      [0, 0],
    ]);
    const variable = new renga.Variable(tensor([1, 2]));
    renga.assignAdd(variable, tensor([10, 20]));
    expect(await variable.array()).toEqual([11, 22]);
    expect(() => variable.assign(tensor([1]))).toThrow(renga.ShapeError);
    const [a] = [renga.defaultGenerator.uniform([2])];
    renga.flush();
    expect(await a?.data()).toHaveLength(2);
  });

  test("errors are of their kind and keep their parts", () => {
    const thrown = (body: () => unknown): renga.RengaError => {
      try {
        body();
      } catch (error) {
        return error as renga.RengaError;
      }
      throw new Error("nothing was thrown");
    };
    const shape = thrown(() => renga.zeros([2]).reshape([3]));
    expect(shape).toBeInstanceOf(renga.ShapeError);
    expect(shape).toBeInstanceOf(renga.RengaError);
    expect(shape).toMatchObject({ op: "reshape", details: { from: [2], to: [3] } });
    expect(thrown(() => renga.exp(renga.zeros([1], "u32")))).toBeInstanceOf(renga.DtypeError);
    expect(thrown(() => renga.oneHot(renga.zeros([1], "i32"), 0))).toBeInstanceOf(renga.UsageError);
  });

  test("creation", async () => {
    expect(await renga.eye(2, 3).array()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(await renga.linspace(0, 1, 3).array()).toEqual([0, 0.5, 1]);
    expect(await arange(5, 0, -2).array()).toEqual([5, 3, 1]);
    expect(await renga.oneHot(tensor(Int32Array.of(1, 0, 7)), 3).array()).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 0],
    ]);
    expect(await tensor([[true], [false]]).array()).toEqual([[true], [false]]);
    expect(await tensor([1.7, -1.7]).cast("i32").array()).toEqual([1, -1]);
    expect(() => tensor([[1, 2], [3]])).toThrow(/equal lengths/);
    expect(() => tensor([1, 2], { shape: [3] })).toThrow("2 values for [3]");
  });
});
