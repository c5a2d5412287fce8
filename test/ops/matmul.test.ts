import { describe, expect, test } from "vitest";
import { GradientTape, type Tensor, matmul, tensor, zeros } from "../../src/index.ts";
import { planMatmul } from "../../src/ops/matmulPlan.ts";
import { describeClasses } from "../support/classes.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";

const SIZES = [1, 3, 4, 7, 8, 9, 16, 33];

function reference(
  a: Float32Array,
  b: Float32Array,
  m: number,
  k: number,
  n: number,
): Float32Array {
  return Float32Array.from({ length: m * n }, (_, i) => {
    let total = 0;
    for (let q = 0; q < k; q++) {
      total += (a[Math.floor(i / n) * k + q] as number) * (b[q * n + (i % n)] as number);
    }
    return total;
  });
}

describe("matmul", () => {
  test("sizes around the tiles, every pair of orders", async () => {
    for (const [i, m] of SIZES.entries()) {
      const k = SIZES[(i + 3) % SIZES.length] as number;
      const n = SIZES[(i + 5) % SIZES.length] as number;
      const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
      const want = reference(a, b, m, k, n);
      const [x, y] = [tensor(a, { shape: [m, k] }), tensor(b, { shape: [k, n] })];
      const [xt, yt] = [x.transpose().contiguous(), y.transpose().contiguous()];
      await expectClose(matmul(x, y), want, [m, n], { atol: 1e-5 });
      await expectClose(matmul(xt, y, { transposeA: true }), want, [m, n], { atol: 1e-5 });
      await expectClose(matmul(x, yt, { transposeB: true }), want, [m, n], { atol: 1e-5 });
      await expectClose(matmul(xt.transpose(), yt.transpose()), want, [m, n], { atol: 1e-5 });
    }
  });

  test.each([
    ["8 × 8", [65, 33, 70]],
    ["8 × 8, in vectors", [68, 60, 72]],
    ["8 × 4", [1025, 65, 4]],
    ["4 × 8", [4, 65, 1025]],
    ["8 × 16", [143, 9, 127]],
    ["8 × 16, in vectors", [128, 12, 144]],
    ["8 × 16, few columns", [509, 5, 31]],
  ] as const)("blocks of %s with ragged ends, every pair of orders", async (_, [m, k, n]) => {
    const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
    const want = reference(a, b, m, k, n);
    const [x, y] = [tensor(a, { shape: [m, k] }), tensor(b, { shape: [k, n] })];
    const [xt, yt] = [x.transpose().contiguous(), y.transpose().contiguous()];
    await expectClose(matmul(x, y), want, [m, n], { atol: 1e-5 });
    await expectClose(matmul(xt, y, { transposeA: true }), want, [m, n], { atol: 1e-5 });
    await expectClose(matmul(x, yt, { transposeB: true }), want, [m, n], { atol: 1e-5 });
    await expectClose(matmul(xt.transpose(), yt.transpose()), want, [m, n], { atol: 1e-5 });
  });

  test("long k is split and joined", async () => {
    const [a, b] = [numbers(5 * 1030, 1), numbers(1030 * 6, 2)];
    const y = matmul(tensor(a, { shape: [5, 1030] }), tensor(b, { shape: [1030, 6] }));
    await expectClose(y, reference(a, b, 5, 1030, 6), [5, 6], { atol: 1e-4 });
  });

  test("gradients, with bias and activation, batches and broadcasting", async () => {
    await expectGradients((a, b) => matmul(a, b), [randomTensor([5, 7]), randomTensor([7, 3], 2)]);
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const a = randomTensor(transposeA ? [2, 6, 4] : [2, 4, 6], 1);
        const b = randomTensor(transposeB ? [5, 6] : [6, 5], 2);
        await expectGradients((x, y) => matmul(x, y, { transposeA, transposeB }), [a, b]);
      }
    }
    await expectGradients(
      (a, b, bias) => matmul(a, b, { bias, activation: "tanh" }),
      [randomTensor([4, 6]), randomTensor([6, 5], 2), randomTensor([5], 3)],
    );
    await expectGradients(matmul, [randomTensor([3, 1, 2, 4]), randomTensor([2, 4, 3], 2)]);
  });

  test("vectors and empty axes", async () => {
    expect(await matmul(tensor([1, 2]), tensor([3, 4])).item()).toBe(11);
    expect(await matmul(tensor([[1, 2]]), tensor([3, 4])).array()).toEqual([11]);
    expect(await matmul(zeros([2, 0]), zeros([0, 3])).array()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test("a wrong inner size tells the likely remedy", () => {
    expect(() => matmul(zeros([32, 784]), zeros([10, 784]))).toThrow(
      "matmul: inner sizes must agree. Got a [32, 784] and b [10, 784]. Pass { transposeB: true }?",
    );
  });

  test("plans: software runs blocks, GPUs tiles; small outputs with a long k are split", () => {
    const wide = { batch: 1, m: 512, n: 512, k: 512 };
    expect(planMatmul(wide, "software")).toMatchObject({ kernel: "block", columns: 16, splits: 1 });
    expect(planMatmul({ ...wide, m: 17, n: 70 }, "software").columns).toBe(8);
    expect(planMatmul({ ...wide, m: 3, n: 3 }, "software")).toMatchObject({
      columns: 4,
      rows: 4,
    });
    const narrow = planMatmul({ batch: 1, m: 12544, n: 10, k: 64 }, "software");
    expect(narrow).toMatchObject({ kernel: "block", across: 2, columnGroups: 1, rowGroups: 49 });
    expect(planMatmul(wide, "gpu")).toMatchObject({ kernel: "tiledSmall", grid: [256, 1] });
    const large = { batch: 1, m: 1024, n: 1024, k: 512 };
    expect(planMatmul(large, "gpu")).toMatchObject({ kernel: "tiled", grid: [256, 1] });
    const row = { batch: 1, m: 1, n: 4096, k: 4096 };
    expect(planMatmul(row, "gpu")).toMatchObject({ kernel: "block", splits: 8, rows: 4 });
    expect(planMatmul({ ...row, isAlongK: true }, "gpu").kernel).toBe("tiledSmall");
    expect(planMatmul({ batch: 512, m: 16, n: 8, k: 32 }, "gpu").kernel).toBe("block");
    const { splits, chunk } = planMatmul({ batch: 1, m: 10, n: 10, k: 4096 }, "gpu");
    expect(splits).toBeGreaterThan(1);
    expect(chunk % 32).toBe(0);
    expect(splits * chunk).toBeGreaterThanOrEqual(4096);
  });
});

describeClasses("gradients", () => {
  test("the gradients of weights and bias, together and alone", async () => {
    for (const [rows, depth, columns] of [
      [6, 5, 7],
      [600, 3, 8],
      [20, 130, 128],
    ] as const) {
      const [x, dy] = [randomTensor([rows, depth]), randomTensor([rows, columns], 4)];
      const [w, bias] = [randomTensor([depth, columns], 2), randomTensor([columns], 3)];
      const wanted = (sources: Tensor[]): (Tensor | null)[] => {
        using tape = new GradientTape();
        tape.watch(...sources);
        return tape.gradient(matmul(x, w, { bias }), sources, dy);
      };
      const [dw, db] = wanted([w, bias]) as [Tensor, Tensor];
      const [dwAlone] = wanted([w]) as [Tensor];
      const [dbAlone] = wanted([bias]) as [Tensor];
      await expectClose(dw, await dwAlone.data(), [depth, columns], { atol: 1e-5 });
      await expectClose(db, await dbAlone.data(), [columns], { atol: 1e-4 });
      await expectClose(dbAlone, await dy.sum(0).data(), [columns], { atol: 1e-5 });
    }
  });
});
