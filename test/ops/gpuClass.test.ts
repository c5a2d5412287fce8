// The kernels that GPUs get, run here whatever the adapter is.

import { describe, expect, test } from "vitest";
import { init, logSoftmax, matmul, max, softmax, sum, tensor } from "../../src/index.ts";
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
});
