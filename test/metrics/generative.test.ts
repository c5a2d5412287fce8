import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../src/index.ts";
import { FrechetDistance, GenerativePrecisionRecall, MMD } from "../../src/metrics/index.ts";
import { symmetricEigenvalues } from "../../src/metrics/symmetricEigenvalues.ts";
import { traceOfRoot } from "../../src/metrics/traceOfRoot.ts";

// References: NumPy 2.4, SciPy and scikit-learn 1.9, in f64.

/** `count` numbers in [−1, 1) by the generator of Park and Miller. */
function minimalStandard(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 16807) % 2147483647;
    return (state % 1000) / 500 - 1;
  });
}

const STRETCH = [1, 0.5, 2];
const MOVE = [0.25, -0.5, 0];
const A = tensor(minimalStandard(33, 77), { shape: [11, 3] });
const B = tensor(
  minimalStandard(27, 5).map((x, i) => x * (STRETCH[i % 3] as number) + (MOVE[i % 3] as number)),
  { shape: [9, 3] },
);
const NONE = tensor(new Float32Array(0), { shape: [0, 3] });

interface TwoSets {
  reset(): void;
  update(a: Tensor, b: Tensor): void;
}

/** Gives both sets in batches that are not equally large. */
function feed(metric: TwoSets, a: Tensor, b: Tensor, isWhole: boolean): void {
  metric.reset();
  if (isWhole) return metric.update(a, b);
  metric.update(a.slice([[0, 6]]), b.slice([[0, 1]]));
  metric.update(a.slice([[6, 11]]), NONE);
  metric.update(NONE, b.slice([[1, 9]]));
}

describe("FrechetDistance", () => {
  test.each([true, false])("of two sets, in one batch: %s", async (isWhole) => {
    const metric = new FrechetDistance();
    feed(metric, A, B, isWhole);
    const { means, covariances } = await metric.details();
    expect(means).toBeCloseTo(1.0622968033446258, 6);
    expect(covariances).toBeCloseTo(0.7026821686970257, 6);
    expect(await metric.result()).toBeCloseTo(1.7649789720416516, 6);
    // Far from 0, f32 keeps 2⁻¹⁴ of a feature.
    feed(metric, A.add(1000), B.add(1000), isWhole);
    expect(await metric.result()).toBeCloseTo(1.76498, 3);
    feed(metric, A, A.slice([[0, 9]]).add(0), isWhole);
    expect(await metric.result()).toBeLessThan(0.1);
  });

  test("singular covariances, too few rows, NaN and wrong shapes", async () => {
    const metric = new FrechetDistance({ name: "fid" });
    expect(metric.name).toBe("fid");
    expect(await metric.result()).toBeNaN();
    metric.update(A.slice([[0, 3]]), B.slice([[0, 1]]));
    expect(await metric.result()).toBeNaN();
    metric.update(NONE, B.slice([[1, 2]]));
    expect(await metric.result()).toBeCloseTo(2.9271168185302585, 5);
    metric.reset();
    metric.update(A, A);
    expect(await metric.result()).toBeCloseTo(0, 6);
    metric.update(A.mul(NaN), A);
    expect(await metric.result()).toBeNaN();
    expect(() => metric.update(A, tensor([[1]]))).toThrow(/FrechetDistance: rows must be \[n, 3\]/);
    expect(() => metric.update(tensor([1]), A)).toThrow(/FrechetDistance: rows must be/);
  });

  test("eigenvalues and roots on the host", () => {
    const path = (n: number): Float64Array =>
      Float64Array.from({ length: n * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        return i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0;
      });
    // 2 − 2·cos(kπ/(n + 1)).
    const found = symmetricEigenvalues(path(12), 12);
    found.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / 13), 13);
    });
    expect([...symmetricEigenvalues(Float64Array.of(0, 0, 0, 0), 2)]).toEqual([0, 0]);
    const ones = new Float64Array(16).fill(1);
    expect(traceOfRoot(ones, ones, 4)).toBeCloseTo(4, 12);
    expect(traceOfRoot(path(5), path(5), 5)).toBeCloseTo(10, 12);
    expect(traceOfRoot(new Float64Array(4), path(2), 2)).toBe(0);
  });
});

describe("MMD", () => {
  test.each([true, false])(
    "with bandwidths or the median distance, in one batch: %s",
    async (isWhole) => {
      const one = new MMD({ bandwidths: [1] });
      feed(one, A, B, isWhole);
      expect(await one.result()).toBeCloseTo(0.11889385266126384, 6);
      const two = new MMD({ bandwidths: [0.5, 2] });
      feed(two, A, B, isWhole);
      expect(await two.result()).toBeCloseTo(0.07806409652992852, 6);
      const median = new MMD();
      feed(median, A, B, isWhole);
      expect((await median.details()).bandwidths[0]).toBeCloseTo(1.7094909263403884, 5);
      expect(await median.result()).toBeCloseTo(0.12398223579984324, 5);
      feed(one, A.add(100), B.add(100), isWhole);
      expect(await one.result()).toBeCloseTo(0.118894, 4);
    },
  );

  test("the same set is below 0; too few rows, NaN, wrong calls", async () => {
    const metric = new MMD({ bandwidths: [1] });
    metric.update(A, A);
    expect(await metric.result()).toBeCloseTo(-0.11760596282678937, 6);
    metric.reset();
    expect(await metric.result()).toBeNaN();
    metric.update(A, B.slice([[0, 1]]));
    expect(await metric.result()).toBeNaN();
    metric.update(A, B.mul(NaN));
    expect(await metric.result()).toBeNaN();
    expect((await new MMD().details()).bandwidths).toEqual([NaN]);
    expect(() => metric.update(A, tensor([[1]]))).toThrow(/MMD: rows must be \[n, 3\]/);
    expect(() => new MMD({ bandwidths: [0] })).toThrow(/every bandwidth must be a positive/);
    expect(() => new MMD({ bandwidths: [] })).toThrow(/must not be empty/);
  });
});

describe("GenerativePrecisionRecall", () => {
  test.each([
    [1, 0.2727272727272727, 0.3333333333333333],
    [2, 0.5454545454545454, 0.8888888888888888],
    [3, 0.7272727272727273, 0.8888888888888888],
  ])("with %i neighbours", async (neighbours, precision, recall) => {
    const metric = new GenerativePrecisionRecall({ neighbours });
    for (const isWhole of [true, false]) {
      feed(metric, A, B, isWhole);
      expect(await metric.details()).toEqual({ precision, recall });
      const harmonic = (2 * precision * recall) / (precision + recall);
      expect(await metric.result()).toBeCloseTo(harmonic, 12);
    }
  });

  test("spread too wide, too few rows, NaN, wrong calls", async () => {
    const metric = new GenerativePrecisionRecall();
    expect(metric.neighbours).toBe(3);
    expect(await metric.result()).toBeNaN();
    metric.update(A.mul(3), B);
    expect(await metric.details()).toEqual({ precision: 0, recall: 1 });
    expect(await metric.result()).toBe(0);
    metric.update(A, tensor([[0, NaN, 0]]));
    expect(await metric.result()).toBeNaN();
    metric.reset();
    metric.update(A, B.slice([[0, 3]]));
    expect(await metric.result()).toBeNaN();
    expect(() => metric.update(A, tensor([[1]]))).toThrow(
      /GenerativePrecisionRecall: rows must be/,
    );
    expect(() => new GenerativePrecisionRecall({ neighbours: 0 })).toThrow(/neighbours must be/);
  });
});
