import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../src/index.ts";
import {
  Accuracy,
  BalancedAccuracy,
  type ClassAverageOptions,
  ConfusionMatrix,
  F1,
  IoU,
  MeanIoU,
  type Metric,
  Precision,
  Recall,
  TopKAccuracy,
} from "../../src/metrics/index.ts";
import { resultOf } from "../support/batches.ts";

const ids = (values: readonly number[]): Tensor => tensor(values, { dtype: "i32" });

/** Scores whose largest is at the class. */
const scoresFor = (classes: readonly number[], count: number): Tensor =>
  tensor(classes.map((c) => Array.from({ length: count }, (_, i) => (i === c ? 1 : -i))));

/** Class 2 is never predicted, class 3 never occurs. */
const LABELS = [0, 1, 1, 2, 0, 1, 2, 0, 0, 1, 1, 2, 0];
const PREDICTED = [0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0];
const BATCHES = [[13], [5, 5, 3], [1, 12]];

type ClassMetric = new (options?: ClassAverageOptions) => Metric<[Tensor, Tensor]>;

/** Macro, micro, weighted and per class, from scikit-learn 1.9 with zero_division=0. */
const TABLE: readonly [string, ClassMetric, readonly number[], readonly number[]][] = [
  [
    "Precision",
    Precision,
    [0.41269841269841273, 0.6153846153846154, 0.47619047619047616],
    [0.5714285714285714, 0.6666666666666666, 0, NaN],
  ],
  [
    "Recall",
    Recall,
    [0.5333333333333333, 0.6153846153846154, 0.6153846153846154],
    [0.8, 0.8, 0, NaN],
  ],
  [
    "F1",
    F1,
    [0.4646464646464647, 0.6153846153846154, 0.5361305361305362],
    [0.6666666666666666, 0.7272727272727273, 0, NaN],
  ],
];

describe.each(TABLE)("%s", (name, Kind, averages, perClass) => {
  const data = [scoresFor(PREDICTED, 4), ids(LABELS)] as const;

  test.each(BATCHES)("in batches of %j…", async (...sizes) => {
    const metric = new Kind();
    expect(await resultOf(metric, data, sizes)).toBeCloseTo(averages[0] as number, 12);
    expect(await metric.details?.()).toEqual({
      perClass: perClass.map((value) => (Number.isNaN(value) ? NaN : expect.closeTo(value, 12))),
      support: [5, 5, 3, 0],
    });
  });

  test("averages, one class, a name, and wrong options", async () => {
    for (const [i, average] of (["macro", "micro", "weighted"] as const).entries()) {
      const metric = new Kind({ average, name: average });
      expect(metric.name).toBe(average);
      expect(await resultOf(metric, data)).toBeCloseTo(averages[i] as number, 12);
    }
    expect(await resultOf(new Kind({ positive: 1 }), data)).toBeCloseTo(perClass[1] as number, 12);
    expect(() => new Kind({ average: "none" as never })).toThrow(`${name}: average must be`);
    expect(() => new Kind({ positive: -1 })).toThrow(`${name}: positive`);
  });
});

describe("ConfusionMatrix", () => {
  test("of predicted classes and of scores", async () => {
    const matrix = [
      [4, 1, 0, 0],
      [1, 4, 0, 0],
      [2, 1, 0, 0],
      [0, 0, 0, 0],
    ];
    const metric = new ConfusionMatrix({ classes: 4 });
    for (const outputs of [ids(PREDICTED), scoresFor(PREDICTED, 4)]) {
      for (const sizes of BATCHES) {
        expect(await resultOf(metric, [outputs, ids(LABELS)], sizes)).toBe(8 / 13);
        expect(await metric.matrix()).toEqual(matrix);
      }
    }
    const details = await metric.details();
    expect(details).toMatchObject({ matrix, unclassified: [0, 0, 0, 0], support: [5, 5, 3, 0] });
    expect(details.precision[1]).toBeCloseTo(2 / 3, 12);
    expect(details.recall[3]).toBeNaN();
    expect(details.f1[2]).toBe(0);
  });

  test("nothing, no class, and labels to ignore", async () => {
    const metric = new ConfusionMatrix({ ignoreIndex: 255 });
    expect(await metric.result()).toBeNaN();
    expect(await metric.matrix()).toEqual([]);
    const scores = tensor([
      [1, 0],
      [NaN, 3],
      [0, 2],
      [5, 1],
    ]);
    metric.update(scores, ids([0, 1, 1, 255]));
    expect(await metric.result()).toBe(2 / 3);
    expect(await metric.details()).toMatchObject({
      matrix: [
        [1, 0],
        [0, 1],
      ],
      unclassified: [0, 1],
    });
    const empty = tensor(new Float32Array(0), { shape: [0, 2] });
    metric.update(empty, tensor(new Int32Array(0)));
    expect(await metric.result()).toBe(2 / 3);
  });

  test("wrong calls say what to change", async () => {
    const metric = new ConfusionMatrix();
    expect(() => metric.update(ids([0]), ids([0]))).toThrow(/ConfusionMatrix: classes.*Pass \{ cl/);
    expect(() => metric.update(tensor([[1, 2]]), ids([0, 1]))).toThrow(/one label per row/);
    expect(() => metric.update(tensor([[1, 2]]), tensor([0]))).toThrow(/dtype must be i32/);
    metric.update(tensor([[1, 2]]), ids([2]));
    await expect(metric.result()).rejects.toThrow(/labels must be in \[0, 2\). Got 1 outside/);
    expect(() => metric.update(tensor([[1, 2, 3]]), ids([0]))).toThrow(/one column per class/);
    expect(() => metric.update(ids([0, 1]), ids([0]))).toThrow(/same shape/);
    expect(() => new ConfusionMatrix({ classes: 0 })).toThrow(/classes must be a positive integer/);
    metric.reset();
    metric.update(tensor([[1, 2]]), ids([1]));
    expect(await metric.result()).toBe(1);
  });
});

describe("BalancedAccuracy", () => {
  test("leaves out classes that are no label, and adjusts for chance", async () => {
    const data = [ids(PREDICTED), ids(LABELS)] as const;
    const metric = new BalancedAccuracy({ classes: 4 });
    expect(await resultOf(metric, data, [6, 7])).toBeCloseTo(0.5333333333333333, 12);
    expect((await metric.details()).perClass[3]).toBeNaN();
    const adjusted = new BalancedAccuracy({ classes: 4, isAdjusted: true });
    expect(await resultOf(adjusted, data)).toBeCloseTo(0.3, 12);
  });
});

describe("MeanIoU", () => {
  test("of maps in batches, with pixels to ignore", async () => {
    // jaccard_score of scikit-learn 1.9; the last pixels do not count.
    const map = (values: readonly number[]): Tensor => ids(values).reshape([3, 1, 5]);
    const predicted = map([...PREDICTED, 3, 0]);
    const labels = map([...LABELS, 255, 255]);
    const metric = new MeanIoU({ classes: 4, ignoreIndex: 255 });
    for (const sizes of [[3], [1, 2]]) {
      expect(await resultOf(metric, [predicted, labels], sizes)).toBeCloseTo(0.35714285714, 10);
    }
    const { perClass } = await metric.details();
    expect(perClass.slice(0, 3)).toEqual([0.5, expect.closeTo(0.5714285714285714, 12), 0]);
    expect(perClass[3]).toBeNaN();
    const one = new IoU({ classes: 4, ignoreIndex: 255, positive: 1 });
    expect(await resultOf(one, [predicted, labels])).toBeCloseTo(0.5714285714285714, 12);
    expect(() => new IoU({ positive: 0.5 })).toThrow(/IoU: positive/);
  });
});

describe("Accuracy and TopKAccuracy", () => {
  const scores = tensor([
    [0.1, 0.5, 0.3, 0.1],
    [0.7, 0.1, 0.15, 0.05],
    [0.25, 0.2, 0.15, 0.4],
    [0.3, 0.1, 0.2, 0.4],
    [0.1, 0.2, 0.3, 0.4],
    [0.35, 0.05, 0.4, 0.2],
  ]);
  const labels = ids([2, 1, 0, 0, 0, 1]);

  test.each([
    [1, 0],
    [2, 0.5],
    [3, 0.6666666666666666],
    [4, 1],
  ])("top %i as scikit-learn 1.9 has it", async (k, want) => {
    const metric = new TopKAccuracy({ k });
    expect(metric.name).toBe(`top${k}Accuracy`);
    expect(await resultOf(metric, [scores, labels])).toBe(want);
    expect(await resultOf(metric, [scores, labels], [4, 2])).toBe(want);
  });

  test("ties go to the lower class; NaN and ignored labels", async () => {
    const rows = tensor([
      [1, 1, 0],
      [1, 1, 0],
      [0, NaN, 5],
      [0, 1, 0],
      [2, 0, 0],
    ]);
    const wanted = ids([0, 0, 2, -1, 1]);
    for (const metric of [
      new Accuracy({ ignoreIndex: -1 }),
      new TopKAccuracy({ k: 1, ignoreIndex: -1 }),
    ]) {
      expect(await resultOf(metric, [rows, wanted], [2, 3])).toBe(0.5);
    }
    const two = new TopKAccuracy({ k: 2, ignoreIndex: -1 });
    expect(await resultOf(two, [rows, wanted])).toBe(0.75);
  });

  test("names, nothing, sequences and wrong calls", async () => {
    const metric = new Accuracy();
    expect([metric.name, new Accuracy("a").name, new Accuracy({ name: "b" }).name]).toEqual([
      "accuracy",
      "a",
      "b",
    ]);
    expect(await metric.result()).toBeNaN();
    metric.update(scores.reshape([2, 3, 4]), ids([1, 0, 0, 3, 3, 0]).reshape([2, 3]));
    expect(await metric.result()).toBe(4 / 6);
    expect(() => metric.update(scores, ids([1]))).toThrow(
      /Accuracy: there must be one label per row/,
    );
    metric.update(scores, ids([4, -1, 0, 0, 0, 0]));
    await expect(metric.result()).rejects.toThrow(
      /Accuracy: labels must be in \[0, 4\). Got 2 outs/,
    );
    expect(() => new TopKAccuracy({ k: 0 })).toThrow(/TopKAccuracy: k must be/);
    expect(() => new TopKAccuracy().update(scores, labels)).toThrow(/at least k classes/);
  });
});
