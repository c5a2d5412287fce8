// The kernels that GPUs get, run here whatever the adapter is.

import { describe, expect, test } from "vitest";
import { concat, init, logSoftmax, matmul, max, softmax, sum, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { takeAdapterFor } from "../support/classes.ts";

takeAdapterFor("gpu");

describe("kernels for GPUs", () => {
  test.each([1, 33, 64, 200])("gradients of softmax over rows of %i", async (length) => {
    const x = randomTensor([3, length], 4, -2, 2);
    await expectGradients((a) => softmax(a).mul(length), [x]);
    await expectGradients((a) => logSoftmax(a), [x], { atol: 1e-2 });
  });

  test.each([1, 33, 63, 64, 65, 127, 2049, 5000])("rows of %i", async (length) => {
    const values = numbers(3 * length, 2, -2, 2);
    const x = tensor(values, { shape: [3, length] });
    const rows = [0, 1, 2].map((r) => Array.from(values.slice(r * length, (r + 1) * length)));
    const total = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);
    await expectClose(sum(x, 1), rows.map(total), [3], { atol: 1e-3 });
    await expectClose(sum(x), [total(rows.flat())], [], { atol: 2e-3 });
    await expectClose(
      max(x, 1),
      rows.map((row) => Math.max(...row)),
      [3],
    );
    const exps = rows.map((row) => row.map(Math.exp));
    const want = exps.flatMap((row) => row.map((value) => value / total(row)));
    await expectClose(softmax(x), want, [3, length], { rtol: 1e-4, atol: 1e-7 });
    await expectClose(logSoftmax(x), want.map(Math.log), [3, length], { rtol: 1e-4, atol: 1e-4 });
  });

  test.each([
    [1, 1, 1],
    [65, 33, 63],
    [64, 32, 64],
    [7, 1030, 5],
    [130, 64, 66],
    [3, 520, 132],
  ])("matmul %i × %i × %i in tiles, every pair of orders", async (m, k, n) => {
    const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
    const want = Float32Array.from({ length: m * n }, (_, i) => {
      const [row, column] = [Math.floor(i / n), i % n];
      return Array.from({ length: k }, (__, q) => q).reduce((total, q) => {
        return total + (a[row * k + q] as number) * (b[q * n + column] as number);
      }, 0);
    });
    const [x, y] = [tensor(a, { shape: [m, k] }), tensor(b, { shape: [k, n] })];
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const left = transposeA ? x.transpose().contiguous() : x;
        const right = transposeB ? y.transpose().contiguous() : y;
        const got = matmul(left, right, { transposeA, transposeB });
        await expectClose(got, want, [m, n], { atol: 1e-4 });
      }
    }
    expect((await init()).adapterClass).toBe("gpu");
  });

  test("a large product in large tiles", async () => {
    const [m, k, n] = [700, 36, 770];
    const [a, b] = [randomTensor([m, k], 1), randomTensor([k, n], 2)];
    const product = matmul(a, b);
    const [rows, columns, y] = await Promise.all([a.data(), b.data(), product.data()]);
    for (const [row, column] of [
      [0, 0],
      [63, 64],
      [64, 63],
      [447, 511],
      [699, 769],
    ] as const) {
      let want = 0;
      for (let q = 0; q < k; q++) want += (rows[row * k + q] as number) * (columns[q * n + column] as number); // prettier-ignore
      expect(y[row * n + column]).toBeCloseTo(want, 4);
    }
    const halves = [[0, 350], [350, 700]].map(([from, to]) => matmul(a.slice([[from as number, to as number]]), b)); // prettier-ignore
    expect(await max(product.sub(concat(halves, 0)).abs()).item()).toBeLessThan(1e-5);
  });
});
