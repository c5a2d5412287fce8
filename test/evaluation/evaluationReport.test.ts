import { describe, expect, test } from "vitest";
import {
  EvaluationReport,
  type ReportOptions,
  balancedAccuracy,
  bootstrap,
  expectedCalibrationError,
  holm,
  macroF1,
  mcNemar,
  pairedTTest,
  wilcoxonSignedRank,
} from "../../src/evaluation/index.ts";
import { DataError, UsageError } from "../../src/index.ts";

/** Right by a rule, about `share` of 100 examples. */
const hits = (share: number, shift = 0) =>
  Array.from({ length: 100 }, (_, i) => ((i * 37 + shift) % 100 < share * 100 ? 1 : 0));
const fast: ReportOptions = { resamples: 400 };
const pair = (options: ReportOptions = fast) =>
  new EvaluationReport(options)
    .add({ model: "cnn", examples: { correct: hits(0.9) } })
    .add({ model: "mlp", examples: { correct: hits(0.7, 50) } });

/** Width of the interval of a model's metric. */
function widthOf(report: EvaluationReport, metric: string): number {
  const [low, high] = report.table()[0]?.metrics[metric]?.interval ?? [NaN, NaN];
  return high - low;
}

describe("statistics of classes", () => {
  // scikit-learn 1.9: f1_score(average="macro"), balanced_accuracy_score and precision by class.
  const labels = [0, 0, 0, 1, 1, 2, 2, 2, 2, 4];
  const predictions = [0, 0, 1, 1, 2, 2, 2, 0, 3, 4];
  const statistics = { macroF1, balancedAccuracy };

  test("scikit-learn's numbers", () => {
    const report = new EvaluationReport({ ...fast, statistics });
    report.add({ model: "a", labels, predictions });
    const metrics = report.table()[0]?.metrics;
    expect(metrics?.macroF1?.value).toBeCloseTo(0.5476190476190477, 12);
    expect(metrics?.balancedAccuracy?.value).toBeCloseTo(2 / 3, 12);
    expect(metrics?.accuracy?.value).toBe(0.6);
    expect(report.byClass("a")).toMatchObject([
      { class: "0", examples: 3, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, value: 2 / 3 },
      { class: "1", examples: 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, value: 1 / 2 },
      { class: "2", examples: 4, precision: 2 / 3, recall: 1 / 2, f1: 4 / 7, value: 1 / 2 },
      { class: "4", examples: 1, precision: 1, recall: 1, f1: 1, value: 1 },
    ]);
    expect(report.confusion("a")).toEqual([
      [2, 1, 0, 0, 0],
      [0, 1, 1, 0, 0],
      [1, 0, 2, 1, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 1],
    ]);
  });

  test("calibration, by hand", () => {
    const report = new EvaluationReport({ ...fast, statistics: { expectedCalibrationError } });
    const confidences = [0.95, 0.95, 0.6, 0];
    report.add({ model: "a", labels: [0, 0, 0, 0], predictions: [0, 1, 0, 1], confidences });
    const metric = report.table()[0]?.metrics.expectedCalibrationError;
    expect(metric?.value).toBeCloseTo((Math.abs(1 - 1.9) + Math.abs(1 - 0.6)) / 4, 12);
    const bins = report.calibration("a", { bins: 2 });
    expect(bins[0]).toEqual({ low: 0, high: 0.5, examples: 1, confidence: 0, accuracy: 0 });
    expect(bins[1]).toMatchObject({ low: 0.5, high: 1, examples: 3, accuracy: 2 / 3 });
    expect(bins[1]?.confidence).toBeCloseTo(2.5 / 3, 12);
  });
});

describe("the table", () => {
  test("one seed: the interval is bootstrap's own", () => {
    const correct = hits(0.9);
    const [row] = pair().table();
    const mean = (rows: Uint32Array): number =>
      rows.reduce((sum, i) => sum + (correct[i] as number), 0) / rows.length;
    expect(row).toMatchObject({ name: "cnn", runs: 1, examples: 100 });
    expect(row?.metrics.correct).toEqual(bootstrap(100, mean, fast));
  });

  test("several seeds: mean, deviation, and the exact interval over seeds", () => {
    // Of the 27 draws of three seeds, 4 have means below 1.34 and 4 above 3.32.
    const options = { ...fast, over: "seeds", method: "percentile", level: 0.8 } as const;
    const report = new EvaluationReport(options);
    for (const [seed, score] of [1, 2, 4].entries()) {
      report.add({ model: "a", seed, metrics: { score } });
    }
    const metric = report.table()[0]?.metrics.score;
    expect(metric?.value).toBeCloseTo(7 / 3, 12);
    expect(metric?.deviation).toBeCloseTo(Math.sqrt(7 / 3), 12);
    expect(metric?.interval?.[0]).toBeCloseTo(4 / 3, 12);
    expect(metric?.interval?.[1]).toBeCloseTo(10 / 3, 12);
    const runs = report.table({ by: "run" });
    expect(runs.map(({ name }) => name)).toEqual(["a, seed 0", "a, seed 1", "a, seed 2"]);
    expect(runs[2]?.metrics.score).toEqual({ value: 4 });
  });

  test("seeds and examples together vary more than either", () => {
    const of = (over: "both" | "seeds" | "examples"): number => {
      const report = new EvaluationReport({ ...fast, over });
      for (const [seed, share] of [0.6, 0.7, 0.8, 0.9].entries()) {
        report.add({ model: "a", seed, examples: { correct: hits(share, seed) } });
      }
      return widthOf(report, "correct");
    };
    expect(of("both")).toBeGreaterThan(Math.max(of("seeds"), of("examples")));
  });

  test("a plain number of one run has no interval", () => {
    const report = new EvaluationReport().add({ model: "a", metrics: { parameters: 12 } });
    expect(report.table()[0]?.metrics).toEqual({ parameters: { value: 12 } });
    expect([report.primary, report.models]).toEqual(["parameters", ["a"]]);
  });
});

describe("comparisons", () => {
  test("a pair has the tests' own numbers", () => {
    const found = pair().compare("cnn", "mlp");
    const [a, b] = [hits(0.9), hits(0.7, 50)];
    expect(found.difference.value).toBeCloseTo(0.2, 12);
    expect(found.tests.mcNemar).toMatchObject(mcNemar(a, b));
    expect(found.tests.t).toMatchObject(pairedTTest(a, b));
    expect(found.tests.wilcoxon).toMatchObject(wilcoxonSignedRank(a, b));
    expect(found.tests.t?.adjusted).toBe(found.tests.t?.p);
  });

  test("the paired bootstrap agrees with t on many examples, and is narrower than apart", () => {
    const [a, b] = [hits(0.9), hits(0.86)];
    const report = new EvaluationReport({ resamples: 4000 });
    report.add({ model: "a", examples: { correct: a } });
    report.add({ model: "b", examples: { correct: b } });
    const { tests, difference } = report.compare("a", "b");
    expect(Math.abs((tests.bootstrap?.p ?? 0) - (tests.t?.p ?? 1))).toBeLessThan(0.03);
    const [low, high] = difference.interval ?? [NaN, NaN];
    expect(high - low).toBeLessThan(widthOf(report, "correct"));
  });

  test("Holm over all pairs, or over those with a baseline", () => {
    const report = pair().add({ model: "rnn", examples: { correct: hits(0.8, 20) } });
    const all = report.comparisons();
    expect(all.map(({ a, b }) => `${a} ${b}`)).toEqual(["cnn mlp", "cnn rnn", "mlp rnn"]);
    const p = all.map(({ tests }) => tests.t?.p as number);
    expect(all.map(({ tests }) => tests.t?.adjusted)).toEqual(holm(p));
    const some = report.comparisons({ baseline: "mlp" });
    expect(some.map(({ a, b }) => `${a} ${b}`)).toEqual(["cnn mlp", "rnn mlp"]);
  });

  test("checkpoints share the seeds they come from, models do not", () => {
    const report = new EvaluationReport({ ...fast, over: "seeds" });
    for (const seed of [0, 1, 2, 3]) {
      const values = (shift: number): number[] => [seed + shift, seed + shift];
      report.add({ model: "a", seed, checkpoint: 1, examples: { score: values(0) } });
      report.add({ model: "a", seed, checkpoint: 2, examples: { score: values(0.5) } });
      report.add({ model: "b", seed, examples: { score: values(0) } });
    }
    const [low, high] = report.compare("a @ 2", "a @ 1").difference.interval ?? [];
    expect([low, high]).toEqual([0.5, 0.5]);
    const apart = report.compare("a @ 2", "b").difference.interval ?? [NaN, NaN];
    expect(apart[1] - apart[0]).toBeGreaterThan(1);
    expect(report.compare("a @ 1", "b").tests.mcNemar).toBeUndefined();
  });

  test("a statistic has the bootstrap alone", () => {
    const labels = hits(0.5);
    const report = new EvaluationReport({ ...fast, statistics: { macroF1 } });
    report.add({ model: "a", labels, predictions: hits(0.6) });
    report.add({ model: "b", labels, predictions: hits(0.5, 7) });
    const { tests } = report.compare("a", "b", { metric: "macroF1" });
    expect(Object.keys(tests)).toEqual(["bootstrap"]);
  });
});

describe("slices", () => {
  const correct = hits(0.8);
  const slices = {
    dark: Uint8Array.from(correct, (hit, i) => (hit === 0 && i > 50 ? 1 : 0)),
    small: correct.map((_, i) => i < 5),
    source: correct.map((_, i) => (i % 2 === 0 ? "web" : "scan")),
    length: Float32Array.from(correct, (_, i) => i % 3),
  };
  const report = new EvaluationReport(fast).add({ model: "a", examples: { correct }, slices });

  test("masks, and fields by value", () => {
    const found = report.bySlice("a");
    expect(found.map(({ slice }) => slice)).toEqual([
      ...["dark", "small", "source = scan", "source = web"],
      ...["length = 0", "length = 1", "length = 2"],
    ]);
    expect(found[0]).toMatchObject({ value: 0, examples: 10, gap: -0.8, interval: [0, 0] });
    expect(found[2]?.examples).toBe(50);
  });

  test("the worst come first, those too small not at all", () => {
    const worst = report.worstSlices("a", { count: 2 });
    expect(worst[0]?.slice).toBe("dark");
    expect(worst).toHaveLength(2);
    const all = report.worstSlices("a", { minimum: 1, count: 99 }).map(({ slice }) => slice);
    expect(all).toContain("small");
    expect(() => report.worstSlices("a", { count: 0 })).toThrow(/count must be a positive/);
    const losses = new EvaluationReport(fast);
    losses.add({ model: "a", examples: { loss: correct }, slices });
    expect(losses.worstSlices("a")[0]?.value).toBeGreaterThan(0.8);
  });
});

describe("what cannot be", () => {
  const add = (results: object) => new EvaluationReport().add({ model: "a", ...results });
  test.each([
    ["no metric", {}, UsageError, /a run needs a metric/],
    ["no name", { model: "", metrics: { a: 1 } }, UsageError, /the name of its model/],
    ["a NaN", { examples: { loss: [1, NaN] } }, DataError, /loss must be finite.*NaN at example 1/],
    ["infinity", { metrics: { loss: Infinity } }, DataError, /loss must be finite/],
    ["no example", { examples: { loss: [] } }, DataError, /loss must have a value for each/],
    ["lengths", { examples: { a: [1, 2], b: [1] } }, DataError, /2 in a and 1 in b/],
    ["classes", { labels: [0.5], predictions: [0] }, DataError, /labels must be class indices/],
    ["confidence", { confidences: [1.5] }, DataError, /confidences must be probabilities/],
    ["a mask", { slices: { m: Uint8Array.of(2) } }, DataError, /slice m must be 0 or 1\. Got 2/],
    ["a field", { slices: { m: [1, "a"] } }, DataError, /slice m must hold booleans, strings or/],
    ["a seed", { seed: NaN, metrics: { a: 1 } }, UsageError, /seed must be a number/],
    ["a curve", { curves: { c: { steps: [1], values: [] } } }, DataError, /values of curve c/],
    ["a name twice", { examples: { a: [1] }, metrics: { a: 1 } }, UsageError, /a twice/],
  ] as const)("%s", (_, results, kind, message) => {
    expect(() => add(results)).toThrow(kind);
    expect(() => add(results)).toThrow(message);
  });

  test("many values are no slices; classes have an end", () => {
    const ids = Array.from({ length: 101 }, (_, i) => i);
    expect(() => add({ slices: { ids } })).toThrow(/slice ids must have 100 values at most/);
    const two = new EvaluationReport({ classes: ["cat", "dog"] });
    expect(() => two.add({ model: "a", labels: [2], predictions: [0] })).toThrow(/below 2\. Got 2/);
  });

  test("runs that do not fit leave the report as it was", () => {
    const report = pair();
    const before = JSON.stringify(report);
    const correct = hits(0.5);
    const again = (results: object) => () =>
      report.add({ model: "cnn", examples: { correct }, ...results });
    expect(again({})).toThrow(/must differ in their seeds.*cnn with no seed twice/);
    expect(again({ seed: 1, examples: { correct: [1] } })).toThrow(/same examples.*1 after 100/);
    expect(again({ seed: 1, examples: { loss: correct } })).toThrow(/same metrics.*loss after cor/);
    expect(JSON.stringify(report)).toBe(before);
    const statistics = { macroF1 };
    const wanting = () =>
      new EvaluationReport({ statistics }).add({ model: "a", examples: { correct } });
    expect(wanting).toThrow(/macroF1: a run needs labels/);
  });

  test("names and pairs", () => {
    const report = pair().add({ model: "short", examples: { correct: [1, 0] } });
    expect(() => report.compare("cnn", "vit")).toThrow(UsageError);
    expect(() => report.compare("cnn", "vit")).toThrow(/Got "vit"\. There are: cnn, mlp, short\./);
    expect(() => report.compare("cnn", "short")).toThrow(DataError);
    expect(() => report.compare("cnn", "short")).toThrow(/100 and 2 examples/);
    expect(() => report.compare("cnn", "cnn")).toThrow(/cnn twice/);
    expect(() => report.compare("cnn", "mlp", { metric: "f1" })).toThrow(/There are: correct\./);
    expect(() => report.compare("cnn", "mlp", { metric: "toString" })).toThrow(UsageError);
    expect(() => report.confusion("cnn")).toThrow(/a run needs labels/);
    expect(() => report.calibration("cnn", { bins: 0 })).toThrow(/bins must be a positive/);
    expect(() => new EvaluationReport().primary).toThrow(/Call add first/);
    expect(() => new EvaluationReport({ over: "all" as "both" })).toThrow(/over must be/);
  });

  test("examples in another order are found by their labels", () => {
    const labels = hits(0.5);
    const report = new EvaluationReport(fast);
    report.add({ model: "a", labels, predictions: labels });
    report.add({ model: "b", labels: labels.toReversed(), predictions: labels });
    expect(() => report.compare("a", "b")).toThrow(/same order\. Got labels 1 and 0 at example 0/);
  });

  test("plain numbers have neither pairs nor parts", () => {
    const report = new EvaluationReport();
    const slices = { all: [true] };
    for (const model of ["a", "b"]) report.add({ model, metrics: { size: 1 }, slices });
    expect(() => report.compare("a", "b")).toThrow(/must come from examples to be compared/);
    expect(() => report.bySlice("a")).toThrow(/must come from examples to have parts/);
  });
});
