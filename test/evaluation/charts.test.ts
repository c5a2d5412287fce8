import { describe, expect, test } from "vitest";
import {
  barChart,
  confusionMatrix,
  lineChart,
  reliabilityDiagram,
} from "../../src/evaluation/index.ts";
import { ticks } from "../../src/evaluation/chart.ts";
import { DataError } from "../../src/index.ts";
import { expectWellFormed } from "../support/markup.ts";

const bins = [
  { low: 0, high: 0.5, examples: 0, confidence: 0, accuracy: 0 },
  { low: 0.5, high: 1, examples: 4, confidence: 0.8, accuracy: 0.75 },
];

const charts: Readonly<Record<string, (title: string) => string>> = {
  bars: (title) => barChart(title, [{ name: title, value: 2, interval: [1, 3] }]),
  lines: (title) => lineChart(title, [{ name: title, points: [{ x: 1, y: 2 }] }]),
  reliability: (title) => reliabilityDiagram(title, bins),
  confusion: (title) =>
    confusionMatrix(
      title,
      [
        [3, 1],
        [0, 2],
      ],
      [title, "dog"],
    ),
};

describe.each(Object.entries(charts))("%s", (_, draw) => {
  test("is an image with a title, a description and both schemes", () => {
    const svg = draw(`<script>alert("1 & '2'")</script>`);
    expectWellFormed(svg);
    expect(svg).not.toContain("<script");
    expect(svg).toMatch(/^<svg [^>]*role="img"[^>]*><title>&lt;script&gt;/);
    expect(svg).toMatch(/<desc>[^<]+<\/desc>/);
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(
      /https?:|url\(|NaN|undefined/,
    );
    expect(svg.length).toBeLessThan(6000);
  });
});

describe("what charts show", () => {
  test("bars stand on zero, and numbers far from it are dots", () => {
    const near = barChart("accuracy", [{ name: "a", value: 0.97, interval: [0.96, 0.98] }]);
    expect([near.includes("<circle"), near.includes("<rect")]).toEqual([true, false]);
    const far = barChart("change", [
      { name: "a", value: -1 },
      { name: "b", value: 2 },
    ]);
    expect(far.match(/<rect/g)).toHaveLength(2);
    expect(far).toContain("<desc>a: -1; b: 2</desc>");
  });

  test("numbers have the decimals of their intervals, and zero no sign", () => {
    const svg = barChart("m", [{ name: "a", value: -0.0004, interval: [-0.033, 0.026] }]);
    expect(svg).toContain("<desc>a: 0.000 [-0.033, 0.026]</desc>");
  });

  test("a confusion matrix tells the worst mistakes", () => {
    const svg = confusionMatrix(
      "m",
      [
        [5, 2, 0],
        [7, 1, 0],
        [0, 0, 3],
      ],
      ["cat", "dog", "hen"],
    );
    expect(svg).toContain(
      "<desc>dog was taken for cat 7 times; cat was taken for dog 2 times.</desc>",
    );
    expect(confusionMatrix("m", [[1]])).toContain("There was no mistake.");
  });

  test("long curves keep their extremes in few points", () => {
    const points = Array.from({ length: 50_000 }, (_, x) => ({ x, y: x === 31_007 ? 9 : x % 2 }));
    const svg = lineChart("loss", [{ name: "a", points }]);
    expect(svg.length).toBeLessThan(12_000);
    const spike = svg.match(/<path d="(M46[^"]*)" fill="none"/)?.[1] ?? "";
    expect(spike).toContain(" 32.0"); // the top of the plot
  });

  test("bands, and a line of equal numbers", () => {
    const points = [1, 2].map((x) => ({ x, y: 3, interval: [3, 3] as const }));
    expectWellFormed(lineChart("flat", [{ name: "a", points }], { xLabel: "epoch" }));
  });

  test.each([
    [0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]],
    [0.905, 0.978, ["0.92", "0.94", "0.96"]],
    [0, 1.6e6, ["0", "0.5M", "1.0M", "1.5M"]],
    [-20_000, 20_000, ["-20k", "-10k", "0", "10k", "20k"]],
    [3, 3, ["3"]],
  ])("ticks of [%f, %f]", (low, high, texts) => {
    expect(ticks(low, high).map(({ text }) => text)).toEqual(texts);
  });

  test("control characters, which XML forbids, are replaced", () => {
    const svg = barChart("a\u0000b\tc", [{ name: "\u001b[31m", value: 1 }]);
    expect(svg).toContain("<title>a\ufffdb\tc</title>");
    expect(svg).toContain("\ufffd[31m");
  });

  test("nothing to draw is refused", () => {
    expect(() => barChart("a", [])).toThrow(DataError);
    expect(() => lineChart("a", [])).toThrow(
      /lineChart: a chart needs numbers, all finite\. Got none/,
    );
    expect(() => barChart("a", [{ name: "a", value: NaN }])).toThrow(/Got NaN/);
  });
});
