import { describe, expect, test } from "vitest";
import { EvaluationReport, expectedCalibrationError, macroF1 } from "../../src/evaluation/index.ts";
import { escapeMarkdown } from "../../src/evaluation/markdownPage.ts";
import { DataError, UsageError } from "../../src/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";
import { expectWellFormed } from "../support/markup.ts";

const ATTACK = `<script>alert("x")</script> | [a](javascript:b) &\n# c`;
const statistics = { macroF1, calibration: expectedCalibrationError };

/** Three models with everything a run can have; names that try to break out. */
function fullReport(): EvaluationReport {
  const n = 60;
  const numbers = (factor: number, modulus: number): number[] =>
    Array.from({ length: n }, (_, i) => (i * factor) % modulus);
  const labels = numbers(7, 3);
  const report = new EvaluationReport({
    ...{ title: ATTACK, classes: ["cat", ATTACK, "hen"], statistics, resamples: 40 },
    lowerIsBetter: ["loss", "calibration"],
  });
  const runs = [
    { model: "cnn", checkpoint: 100, seed: 0 },
    { model: "cnn", checkpoint: 200, seed: 0 },
    { model: "cnn", checkpoint: 200, seed: 1 },
    { model: ATTACK, seed: 0 },
  ];
  for (const [k, run] of runs.entries()) {
    report.add({
      ...run,
      labels,
      predictions: labels.map((label, i) =>
        (i * 5) % (7 + 3 * k) === 0 ? (label + 1) % 3 : label,
      ),
      confidences: numbers(11, 17).map((x) => x / 17),
      examples: { loss: Float32Array.from(numbers(13 + k, 31), (x) => x / 30) },
      metrics: { parameters: 1000 + k },
      slices: { [ATTACK]: labels.map((label) => label === 1), source: labels.map(String) },
      curves: { [ATTACK]: { steps: [1, 2, 3], values: [3, 2, 1 + k] } },
    });
  }
  return report;
}

const report = fullReport();

describe("HTML", () => {
  const html = report.toHTML();

  test("is one well-formed page that loads nothing", () => {
    expect(html.startsWith('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>')).toBe(
      true,
    );
    expectWellFormed(html.replace("<!doctype html>", ""));
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(
      /https?:|src=|href=|url\(|@import/,
    );
    expect(html).not.toMatch(/NaN|undefined|\[object/);
  });

  test("shows all text as text", () => {
    expect(html).not.toContain("<script");
    expect(html.match(/&lt;script&gt;alert\(&quot;x&quot;\)/g)?.length).toBeGreaterThan(10);
  });

  test("has every part, and the style of charts once", () => {
    const parts = [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, title]) => title);
    expect(parts).toEqual([
      ...["Results", "Comparisons", "Slices", "Classes", "Calibration", "Checkpoints"],
      "Learning curves",
    ]);
    expect(html.match(/<style>/g)).toHaveLength(1);
    // Five metrics as bars, a matrix and a diagram for each model, checkpoints, and a curve.
    expect(html.match(/<svg /g)?.length).toBe(5 + 3 + 3 + 5 + 1);
  });
});

describe("Markdown", () => {
  const lines = report.toMarkdown().split("\n");

  test("tables have as many cells in every row", () => {
    const cells = lines.map((line) =>
      line.startsWith("|") ? line.split(/(?<!\\)\|/).length - 2 : 0,
    );
    let tables = 0;
    for (const [i, line] of lines.entries()) {
      if (!line.startsWith("|")) continue;
      if (!lines[i - 1]?.startsWith("|")) {
        tables++;
        expect(lines[i + 1]).toMatch(/^\|( (---|--:) \|)+$/);
      } else expect(cells[i]).toBe(cells[i - 1]);
    }
    // Results, seeds, four comparisons, slices and the worst, classes and their rates.
    expect(tables).toBe(10);
  });

  test("the best stands out, and names cannot break out", () => {
    const small = new EvaluationReport({ lowerIsBetter: ["bytes"] });
    small.add({ model: "a", metrics: { bytes: 3, layers: 2 } });
    small.add({ model: "b", metrics: { bytes: 2, layers: 9 } });
    expect(small.toMarkdown()).toContain("| a | 1 | 0 | 3 | 2 |\n| b | 1 | 0 | **2** | 9 |");
    expect(lines.some((line) => /(?<!\\)<script|^# c|(?<!\\)\]\(/.test(line))).toBe(false);
    expect(escapeMarkdown("a_b *c* _d_ <e> [f](g)\n|")).toBe(
      "a_b \\*c\\* \\_d\\_ &lt;e> [f\\](g) \\|",
    );
  });
});

describe("JSON", () => {
  test("what is written is read", () => {
    const json: unknown = JSON.parse(JSON.stringify(report));
    const again = EvaluationReport.fromJSON(json, { statistics });
    expect(again.toJSON()).toEqual(report.toJSON());
    expect(again.settings).toEqual(report.settings);
    expect(again.table()).toEqual(report.table());
    expect(again.toHTML()).toBe(report.toHTML());
  });

  test("statistics must come with their functions", () => {
    const json = report.toJSON();
    expect(() => EvaluationReport.fromJSON(json)).toThrow(UsageError);
    expect(() => EvaluationReport.fromJSON(json, { statistics: { macroF1 } })).toThrow(
      /Got none for calibration/,
    );
  });

  test.each([
    [null],
    ["report"],
    [{ format: "renga-evaluation", version: 2, options: {}, statistics: [], runs: [] }],
    [{ format: "renga-evaluation", version: 1, options: {}, statistics: [] }],
    [{ format: "renga-evaluation", version: 1, statistics: [], runs: [] }],
  ])("%j is no report", (json) => {
    expect(() => EvaluationReport.fromJSON(json)).toThrow(DataError);
  });

  test.each([
    [null],
    [{ model: "a", examples: { loss: "12" } }],
    [{ model: "a", examples: { loss: [null] } }],
    [{ model: "a", examples: { loss: [1] }, slices: { s: null } }],
    [{ model: "a", examples: { loss: [1] }, curves: { c: null } }],
  ])("run %j is damaged", (run) => {
    const head = { format: "renga-evaluation", version: 1, options: {}, statistics: [] };
    expect(() => EvaluationReport.fromJSON({ ...head, runs: [run] })).toThrow(
      /EvaluationReport\.add/,
    );
  });
});

describe("save", () => {
  test("writes three files to a workspace", async () => {
    const workspace = new MemoryWorkspace();
    await report.save(workspace, "runs/report");
    const paths = ["runs/report.html", "runs/report.json", "runs/report.md"];
    expect(await workspace.list()).toEqual(paths);
    const bytes = (await workspace.read("runs/report.md")) ?? new Uint8Array(0);
    expect(new TextDecoder().decode(bytes)).toBe(report.toMarkdown());
  });

  test("an empty report is refused before anything is written", async () => {
    const workspace = new MemoryWorkspace();
    await expect(new EvaluationReport().save(workspace, "report")).rejects.toThrow(
      /Call add first/,
    );
    expect(await workspace.list()).toEqual([]);
  });

  test("a small report has small parts alone", () => {
    const small = new EvaluationReport({ method: "percentile" });
    small.add({ model: "a", metrics: { size: 3 } });
    expect(small.toMarkdown()).toContain("| a | 1 | 0 | 3 |");
    expect(small.toHTML().match(/<h2>/g)).toHaveLength(1);
  });
});
