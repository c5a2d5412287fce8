import { describe, expect, test } from "vitest";
import { planScatter } from "../../src/ops/scatterPlan.ts";

const SIZES = [1, 3, 64, 1000, 50_000];

describe.each(["software", "gpu"] as const)("sums by index on %s", (adapter) => {
  const problems = SIZES.flatMap((length) =>
    SIZES.flatMap((inner) =>
      [0, ...SIZES, 2 ** 20].map((count) => ({ outer: 2, length, inner, count })),
    ),
  );

  test("every row and every id has its thread, and no range or part is idle", () => {
    for (const problem of problems) {
      const { ranges, span, chunks, chunk, threads } = planScatter(problem, adapter);
      expect(ranges * span).toBeGreaterThanOrEqual(problem.length);
      expect((ranges - 1) * span).toBeLessThan(problem.length);
      expect(chunks * chunk).toBeGreaterThanOrEqual(problem.count);
      expect((chunks - 1) * chunk).toBeLessThan(Math.max(1, problem.count));
      expect(threads).toBe(2 * problem.inner * ranges * chunks);
    }
  });

  test("parts take little memory", () => {
    for (const problem of problems) {
      const { chunks } = planScatter(problem, adapter);
      const size = 2 * problem.inner * problem.length;
      expect(chunks === 1 || chunks * size <= 2 ** 20).toBe(true);
    }
  });
});

test("an embedding's gradient keeps a GPU busy; a short vector's ids are cut into parts", () => {
  const embedding = planScatter({ outer: 1, length: 50_000, inner: 192, count: 8192 }, "gpu");
  expect(embedding).toMatchObject({ chunks: 1, threads: 32_832 });
  const counts = planScatter({ outer: 1, length: 10, inner: 1, count: 2 ** 20 }, "gpu");
  expect(counts).toMatchObject({ chunks: 16384, chunk: 64, ranges: 2 });
});
