// Softmax, its logarithm and their gradients against their definitions, in fours and not.

import { expect, test } from "vitest";
import { type Tensor, grad, logSoftmax, softmax, sum } from "../../src/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";
import { describeClasses } from "../support/classes.ts";

/** Softmax of rows and its gradient, in f64. */
function byDefinition(x: ArrayLike<number>, dy: ArrayLike<number>, length: number): number[][] {
  const [y, dx, logY, logDx] = [[], [], [], []] as [number[], number[], number[], number[]];
  for (let start = 0; start < x.length; start += length) {
    const row = Array.from({ length }, (_, i) => x[start + i] as number);
    const flow = Array.from({ length }, (_, i) => dy[start + i] as number);
    const exps = row.map(Math.exp);
    const total = exps.reduce((a, b) => a + b, 0);
    const p = exps.map((e) => e / total);
    const mean = p.reduce((a, v, i) => a + v * (flow[i] as number), 0);
    const mass = flow.reduce((a, b) => a + b, 0);
    p.forEach((v, i) => {
      const g = flow[i] as number;
      y.push(v);
      dx.push(v * (g - mean));
      logY.push(Math.log(v));
      logDx.push(g - v * mass);
    });
  }
  return [y, dx, logY, logDx];
}

describeClasses("softmax", () => {
  test.each([1, 2, 4, 7, 8, 33, 36, 257, 260, 1000])("rows of %i", async (length) => {
    const shape = [3, length];
    // A part of a larger tensor, which begins at a multiple of four where rows are one.
    const x = randomTensor([4, length], 1, -4, 4).slice([[1, 4]]);
    const dy = randomTensor(shape, 2);
    const [y, dx, logY, logDx] = byDefinition(await x.data(), await dy.data(), length);
    const close = { rtol: 1e-5, atol: 2e-6 };
    const slope = (f: (x: Tensor) => Tensor): Tensor => {
      return grad(() => sum(f(x).mul(dy)), [x])[0] as Tensor;
    };
    await expectClose(softmax(x), y as number[], shape, close);
    await expectClose(slope(softmax), dx as number[], shape, close);
    await expectClose(logSoftmax(x), logY as number[], shape, close);
    await expectClose(slope(logSoftmax), logDx as number[], shape, { rtol: 1e-5, atol: 1e-5 });
  });

  test("large and equal numbers", async () => {
    const x = randomTensor([2, 8], 3).mul(0).add(1e4);
    expect(await softmax(x).data()).toEqual(new Float32Array(16).fill(0.125));
  });
});
