import { describe, expect, test } from "vitest";
import { chart } from "../../bench/report/chart.mjs";
import { goals } from "../../bench/report/goals.mjs";
import { markdown } from "../../bench/report/markdown.mjs";
import {
  continueResults,
  emptyResults,
  median,
  noteFailure,
  recordOf,
} from "../../bench/results.mjs";
import { workloadOf } from "../../bench/workloads.mjs";

/** A run of the MLP in which Renga takes 8 ms, raw 10 and 20 in its variants, jax-js 40. */
function mlpResults() {
  const versions = { raw: "hand-written", "renga-compiled": "1.0.0", "jax-jit": "0.1.25" };
  const results = emptyResults({ host: "chromium", command: "npm run bench", versions });
  results.runtime = "Chrome/153";
  const mlp = workloadOf("MLP");
  Object.assign(recordOf(results, mlp, "raw", "slow"), { ms: 20 });
  Object.assign(recordOf(results, mlp, "raw", "fast"), { ms: 10 });
  Object.assign(recordOf(results, mlp, "renga-compiled"), {
    ms: 8,
    calls: { dispatches: 16, submits: 2, bindGroups: 0, created: 0 },
    difference: 1e-6,
    agrees: true,
  });
  Object.assign(recordOf(results, mlp, "jax-jit"), { ms: 40 });
  return results;
}

describe("report of the bench", () => {
  test("median", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test("goals are judged by the fastest variant, and only where something was measured", () => {
    const found = goals(mlpResults()).map(({ name, value, ok }) => [name, value, ok]);
    expect(found).toEqual([
      ["MLP: of raw's speed", 1.25, true],
      ["MLP: of the best peer's speed", 5, true],
      ["MLP: dispatches a step", 16, false],
    ]);
  });

  test("tables hold what was measured and leave the rest out", () => {
    const results = mlpResults();
    noteFailure(results, "cnn", "timing CNN, jax-jit: no answer");
    const text = markdown(results, { hasChart: false });
    expect(text).toContain("| MLP | 10.0 | 8.00 | 1.25× | 5.00× | 40.0 |");
    expect(text).toContain("| MLP | 16 / 2 / 0 / 0 |");
    expect(text).toContain("1 of 1 agree, the furthest within 1.0e-6");
    expect(text).toContain("- timing CNN, jax-jit: no answer");
    expect(text).not.toMatch(/TF\.js WebGPU \||Cold start|undefined|NaN/);
  });

  test("a run that goes on replaces what it measures again, and says when each part was", () => {
    const earlier = mlpResults();
    earlier.groups = { mlp: { when: "2026-01-02T03:04:05Z", version: "1.0.0" } };
    noteFailure(earlier, "mlp", "an old failure of the MLP");
    noteFailure(earlier, "cnn", "an old failure of the CNN");
    const fresh = { ...mlpResults(), runtime: undefined, rows: {}, failures: [] };
    const results = continueResults(earlier, fresh, ["mlp"]);
    Object.assign(recordOf(results, workloadOf("MLP"), "jax-jit"), { ms: 80 });
    const text = markdown(results, { hasChart: false });
    expect(text).toContain("| MLP | 10.0 | 8.00 | 1.25× | 10.0× | 80.0 |");
    expect(text).toContain("Chrome/153 on ");
    expect(text).toContain("| mlp | 2026-01-02 03:04 UTC | 1.0.0 |");
    expect(text).toContain("an old failure of the CNN");
    expect(text).not.toContain("an old failure of the MLP");
  });

  test("the chart has light and dark colours", async () => {
    const svg = await chart(mlpResults());
    expect(svg).toMatch(/^<svg[^>]*><style>@media \(prefers-color-scheme: dark\)/);
    expect(svg).toContain("MLP");
    expect(await chart(emptyResults({ host: "node", command: "", versions: {} }))).toBeUndefined();
  });
});
