// What a call binds: its arguments where they lie, and its results where they will stay.

import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, Variable, compile, grad, tensor } from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Adam, SGD } from "../../src/optimizers/index.ts";
import { randomTensor } from "../support/check.ts";

const dispatchesOf = (f: { explain(): string }): number =>
  Number(/(\d+) dispatches/.exec(f.explain())?.[1]);

describe("arguments", () => {
  test("views, slices, and the same tensor twice", async () => {
    const f = compile((a: Tensor, b: Tensor) => a.mul(2).add(b));
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const rows = tensor([
      [0, 0],
      [1, 2],
      [3, 4],
    ]);
    for (let i = 0; i < 3; i++) {
      const want = [
        [3, 6],
        [9, 12],
      ];
      expect(await f(x, x).array()).toEqual(want);
      expect(await f(rows.slice([[1, 3]]), x).array()).toEqual(want);
      expect(await f(x.transpose(), x).array()).toEqual([
        [3, 8],
        [7, 12],
      ]);
    }
    expect(dispatchesOf(f)).toBe(1);
  });

  test("a variable that the function writes", async () => {
    const w = new Variable(tensor([1, 2]));
    const f = compile((x: Tensor) => {
      w.assignAdd(x);
      return w.mul(1);
    });
    for (const want of [
      [2, 4],
      [4, 8],
      [8, 16],
    ]) {
      expect(await f(w).array()).toEqual(want);
    }
  });

  test("a tensor disposed of after the call, whose memory others take", async () => {
    const f = compile((x: Tensor) => x.add(1));
    const results: Tensor[] = [];
    for (let i = 0; i < 5; i++) {
      const x = renga.full([1000], i);
      results.push(f(x));
      x.dispose();
      renga.full([1000], -1).dispose();
    }
    for (const [i, y] of results.entries()) expect((await y.data())[999]).toBe(i + 1);
  });
});

describe("results", () => {
  test("an argument, a variable, a constant, and part of a larger tensor", async () => {
    const w = new Variable(tensor([5]));
    const f = compile((x: Tensor) => {
      const y = x.mul(2);
      return [x, w, renga.full([2], 3), y.slice([[0, 1]]), y.sum()] as const;
    });
    for (let i = 1; i < 4; i++) {
      const all = await Promise.all(f(tensor([i, i])).map((y) => y.array()));
      expect(all).toEqual([[i, i], [5], [3, 3], [2 * i], 4 * i]);
    }
  });

  test("gradients that an optimizer uses too", async () => {
    const w = new Variable(randomTensor([4, 4], 1));
    const optimizer = new SGD({ learningRate: 0.5 });
    const f = compile((x: Tensor) => {
      const [g] = grad(() => w.mul(x).square().sum(), [w]) as [Tensor];
      optimizer.apply([g], [w]);
      return g;
    });
    const x = randomTensor([4, 4], 2);
    for (let i = 0; i < 3; i++) {
      const before = await w.data();
      const g = await f(x).data();
      (await w.data()).forEach((v, k) =>
        expect(v).toBeCloseTo((before[k] as number) - 0.5 * (g[k] as number), 5),
      );
    }
  });
});

test("a step of an MLP is 14 dispatches, of a small convnet 16", async () => {
  const train = async (forward: (x: Tensor) => Tensor, x: Tensor, weights: Variable[]) => {
    const optimizer = new Adam({ learningRate: 0.01 });
    const labels = tensor([0, 1, 2, 3], { dtype: "i32" });
    const step = compile((input: Tensor) =>
      optimizer.minimize(() => crossEntropy(forward(input), labels), weights),
    );
    const losses = [step(x), step(x), step(x)];
    expect(await losses[2]?.item()).toBeLessThan(await (losses[0] as Tensor).item());
    return dispatchesOf(step);
  };
  const weight = (shape: number[], i: number) => new Variable(randomTensor(shape, i, -0.3, 0.3));
  const bias = (n: number) => new Variable(renga.zeros([n]));
  const mlp = [weight([6, 8], 1), bias(8), weight([8, 8], 2), bias(8), weight([8, 4], 3), bias(4)];
  const dense = (x: Tensor, i: number, activation?: "relu") =>
    renga.matmul(x, mlp[i] as Tensor, {
      bias: mlp[i + 1] as Tensor,
      ...(activation && { activation }),
    });
  const deep = (x: Tensor) => dense(dense(dense(x, 0, "relu"), 2, "relu"), 4);
  expect(await train(deep, randomTensor([4, 6], 4), mlp)).toBeLessThanOrEqual(14);
  const [k0, c0, k1, c1] = [weight([3, 3, 1, 4], 5), bias(4), weight([3, 3, 4, 4], 6), bias(4)];
  const [w, b] = [weight([64, 4], 7), bias(4)];
  const conv = (x: Tensor) => {
    const first = renga.conv(x, k0, { bias: c0 }).relu();
    const second = renga.conv(first, k1, { bias: c1, stride: 2 }).relu();
    return renga.matmul(second.reshape([4, -1]), w, { bias: b });
  };
  const count = await train(conv, randomTensor([4, 8, 8, 1], 8), [k0, c0, k1, c1, w, b]);
  expect(count).toBeLessThanOrEqual(16);
});

test("a weight's gradient has no memory but its place in the arena", async () => {
  const [w, b] = [new Variable(randomTensor([256, 128], 1)), new Variable(renga.zeros([128]))];
  const optimizer = new Adam({ learningRate: 0.01 });
  const step = compile((x: Tensor) =>
    optimizer.minimize(() => renga.matmul(x, w, { bias: b }).square().mean(), [w, b]),
  );
  const x = randomTensor([2, 256], 2);
  for (let i = 0; i < 3; i++) await step(x).item();
  const planned = Number(/memory ([\d.]+) KiB/.exec(step.explain())?.[1]);
  expect(planned).toBeLessThan(64);
});
