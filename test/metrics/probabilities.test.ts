import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../src/index.ts";
import {
  BitsPerCharacter,
  ExpectedCalibrationError,
  LogLoss,
  Perplexity,
  PRAUC,
  ROCAUC,
} from "../../src/metrics/index.ts";
import { resultOf } from "../support/batches.ts";

// References: scikit-learn 1.9.

const ids = (values: readonly number[]): Tensor => tensor(values, { dtype: "i32" });

/** With ties, within and across the classes. */
const SCORES = tensor([0.1, 0.4, 0.35, 0.8, 0.8, 0.4, 0.2, 0.9, 0.4, 0.05]);
const HITS = ids([0, 1, 1, 0, 1, 0, 0, 1, 0, 1]);

const PROBABILITIES = tensor([
  [0.6, 0.3, 0.1],
  [0.2, 0.5, 0.3],
  [0.1, 0.1, 0.8],
  [0.3, 0.4, 0.3],
  [0.5, 0.25, 0.25],
  [0.1, 0.6, 0.3],
  [0.3, 0.3, 0.4],
]);
const LABELS = ids([0, 1, 2, 0, 1, 1, 2]);

const LOGITS = tensor([
  [2, -1, 0.5],
  [0, 3, -2],
  [1, 1, 1],
  [-1, 0, 4],
  [0.25, -0.5, 0.75],
]);
const TOKENS = ids([0, 1, 2, 2, 0]);
const MEAN_LOSS = 0.5115670626507443;

describe.each([
  {
    ...{ name: "ROCAUC", Kind: ROCAUC, binary: 0.58 },
    ...{ macro: 0.8666666666666667, weighted: 0.85, perClass: [0.85, 0.75, 1] },
  },
  {
    ...{ name: "PRAUC", Kind: PRAUC, binary: 0.6476190476190475 },
    ...{ macro: 0.861111111111111, weighted: 0.8571428571428571, perClass: [0.75, 5 / 6, 1] },
  },
])("$name", ({ name, Kind, binary, macro, weighted, perClass }) => {
  test("of two classes with ties, whatever the batches", async () => {
    const metric = new Kind();
    for (const sizes of [[10], [4, 4, 2], Array<number>(10).fill(1)]) {
      expect(await resultOf(metric, [SCORES, HITS], sizes)).toBeCloseTo(binary, 12);
    }
    expect(await metric.details()).toEqual({
      perClass: [expect.closeTo(binary, 12)],
      support: [5],
    });
  });

  test("of several classes", async () => {
    const metric = new Kind({ scores: "probabilities" });
    expect(await resultOf(metric, [PROBABILITIES, LABELS], [5, 2])).toBeCloseTo(macro, 12);
    const details = await metric.details();
    expect(details.perClass).toEqual(perClass.map((value) => expect.closeTo(value, 12)));
    expect(details.support).toEqual([2, 3, 2]);
    const other = new Kind({ scores: "probabilities", average: "weighted" });
    expect(await resultOf(other, [PROBABILITIES, LABELS])).toBeCloseTo(weighted, 12);
    // Logits go through a softmax, which a constant per row does not change.
    const logits = PROBABILITIES.log().add(tensor([[5], [-3], [0], [1], [-8], [2], [0]]));
    const soft = await resultOf(new Kind(), [logits, LABELS]);
    expect(soft).toBeGreaterThan(macro - 0.15);
    expect(await resultOf(new Kind({ scores: "probabilities" }), [logits, LABELS])).not.toBe(soft);
  });

  test("many small batches are joined", async () => {
    const metric = new Kind();
    for (let i = 0; i < 13; i++) {
      for (let k = 0; k < 10; k++) {
        metric.update(SCORES.slice([[k, k + 1]]), HITS.slice([[k, k + 1]]));
      }
    }
    expect(await metric.result()).toBeCloseTo(binary, 12);
  });

  test("nothing, one class only, NaN, and wrong calls", async () => {
    const metric = new Kind();
    expect(metric.name).toBe(name === "PRAUC" ? "prAUC" : "rocAUC");
    expect(await metric.result()).toBeNaN();
    expect(await resultOf(metric, [tensor([0.5, 1]), ids([0, 0])])).toBeNaN();
    expect(await resultOf(metric, [tensor([0.5, NaN]), ids([0, 1])])).toBeNaN();
    expect((await metric.curve()).thresholds.length).toBeLessThan(2);
    expect(await resultOf(metric, [tensor([-Infinity, Infinity]), ids([0, 1])])).toBe(1);
    expect(() => metric.update(PROBABILITIES, LABELS)).toThrow(
      /one column per class. Got 3 after 1/,
    );
    expect(() => metric.update(SCORES, LABELS)).toThrow(`${name}: there must be one label per row`);
    metric.update(tensor([1]), ids([2]));
    await expect(metric.result()).rejects.toThrow(/labels must be in \[0, 2\)/);
    expect(() => new Kind({ average: "micro" as never })).toThrow(
      /average must be macro or weighted/,
    );
    expect(() => new Kind({ scores: "odds" as never })).toThrow(/logits or probabilities/);
  });
});

describe("curves", () => {
  test("of ROCAUC", async () => {
    const metric = new ROCAUC();
    metric.update(SCORES, HITS);
    const curve = await metric.curve();
    expect(curve.falsePositiveRate).toEqual([0, 0, 0.2, 0.6, 0.6, 0.8, 1, 1]);
    expect(curve.truePositiveRate).toEqual([0, 0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 1]);
    const thresholds = [Infinity, 0.9, 0.8, 0.4, 0.35, 0.2, 0.1, 0.05];
    expect(curve.thresholds).toEqual(thresholds.map(Math.fround));
  });

  test("of PRAUC", async () => {
    const metric = new PRAUC();
    metric.update(SCORES, HITS);
    const { precision, recall, thresholds } = await metric.curve();
    expect(precision).toEqual([1, 2 / 3, 0.5, 4 / 7, 0.5, 4 / 9, 0.5]);
    expect(recall).toEqual([0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 1]);
    expect(thresholds[2]).toBe(Math.fround(0.4));
  });
});

describe("LogLoss", () => {
  const probabilities = new LogLoss({ scores: "probabilities" });
  const logits = new LogLoss();

  test.each([[[7]], [[3, 3, 1]]])("in batches of %j", async (sizes) => {
    const loss = await resultOf(probabilities, [PROBABILITIES, LABELS], sizes);
    expect(loss).toBeCloseTo(0.7777856966751597, 6);
  });

  test("of logits, and of two classes", async () => {
    expect(await resultOf(logits, [LOGITS, TOKENS], [2, 3])).toBeCloseTo(MEAN_LOSS, 6);
    expect(await resultOf(probabilities, [SCORES, HITS], [4, 6])).toBeCloseTo(0.82499425075, 6);
    const two = [tensor([0.5, -1, 3, -4, 0]), ids([1, 0, 1, 1, 0])] as const;
    expect(await resultOf(logits, two)).toBeCloseTo(1.109444626349965, 6);
  });

  test("certainty, NaN, nothing, labels to ignore, wrong calls", async () => {
    const sure = [tensor([0, 1, 1]), ids([1, 1, 0])] as const;
    const clipped = -2 * Math.log(2 ** -23);
    expect(await resultOf(probabilities, sure)).toBeCloseTo(clipped / 3, 4);
    expect(await resultOf(logits, [tensor([[1e4, 0]]), ids([1])])).toBe(1e4);
    expect(await resultOf(probabilities, [tensor([NaN, 1]), ids([1, 1])])).toBeNaN();
    expect(await resultOf(logits, [tensor([[NaN, 1]]), ids([0])])).toBeNaN();
    const some = new LogLoss({ ignoreIndex: 9 });
    expect(await some.result()).toBeNaN();
    const rows = tensor([
      [0, 0],
      [NaN, 0],
    ]);
    expect(await resultOf(some, [rows, ids([1, 9])])).toBeCloseTo(Math.LN2, 6);
    some.update(rows, ids([2, 9]));
    await expect(some.result()).rejects.toThrow(
      /LogLoss: labels must be in \[0, 2\). Got 1 outside/,
    );
    expect(() => some.update(rows, ids([1]))).toThrow(/LogLoss: there must be one label per row/);
    expect(() => new LogLoss({ scores: "odds" as never })).toThrow(/logits or probabilities/);
  });
});

describe("Perplexity and BitsPerCharacter", () => {
  test("of tokens in batches and sequences", async () => {
    const perplexity = new Perplexity();
    for (const sizes of [[5], [2, 3]]) {
      expect(await resultOf(perplexity, [LOGITS, TOKENS], sizes)).toBeCloseTo(1.66790285636, 6);
    }
    perplexity.reset();
    perplexity.update(LOGITS.reshape([1, 5, 3]), TOKENS.reshape([1, 5]));
    expect(await perplexity.result()).toBeCloseTo(1.6679028563641802, 6);
    const padded = new Perplexity({ ignoreIndex: -1 });
    expect(await padded.result()).toBeNaN();
    expect(await resultOf(padded, [LOGITS, ids([0, 1, -1, 2, -1])])).toBeCloseTo(1.1129496213, 6);
  });

  test("bits per character, with tokens of several characters", async () => {
    const bits = new BitsPerCharacter({ ignoreIndex: -1 });
    expect(await bits.result()).toBeNaN();
    expect(await resultOf(bits, [LOGITS, TOKENS], [3, 2])).toBeCloseTo(0.7380352643683624, 6);
    bits.reset();
    bits.update(LOGITS, TOKENS, ids([1, 4, 2, 3, 2]));
    expect(await bits.result()).toBeCloseTo(0.3075146934868177, 6);
    bits.update(LOGITS, ids([-1, -1, -1, -1, -1]), ids([100, 4, 2, 3, 2]));
    expect(await bits.result()).toBeCloseTo(0.3075146934868177, 6);
    expect(() => bits.update(LOGITS, TOKENS, ids([1]))).toThrow(/a length per label/);
    bits.update(LOGITS, ids([3, 0, 0, 0, 0]));
    await expect(bits.result()).rejects.toThrow(/BitsPerCharacter: labels must be in/);
  });
});

describe("ExpectedCalibrationError", () => {
  test("with its table, whatever the batches", async () => {
    // By definition, in NumPy 2.
    const metric = new ExpectedCalibrationError({ bins: 5, scores: "probabilities" });
    for (const sizes of [[7], [3, 4]]) {
      const error = await resultOf(metric, [PROBABILITIES, LABELS], sizes);
      expect(error).toBeCloseTo(0.17142857142857137, 6);
    }
    const { bins, maximum } = await metric.details();
    expect(bins.map(({ count }) => count)).toEqual([0, 2, 4, 1, 0]);
    expect(bins[1]).toEqual({
      ...{ low: 0.2, high: 0.4, count: 2, accuracy: 0.5 },
      confidence: expect.closeTo(0.4, 6),
    });
    expect(bins[2]?.confidence).toBeCloseTo(0.55, 6);
    expect(bins[2]?.accuracy).toBe(0.75);
    expect(bins[0]?.confidence).toBeNaN();
    expect(maximum).toBeCloseTo(0.2, 6);
    const soft = new ExpectedCalibrationError({ bins: 5 });
    const error = await resultOf(soft, [PROBABILITIES.mul(1.0001).log(), LABELS]);
    expect(error).toBeCloseTo(0.17142857142857137, 3);
  });

  test("nothing, NaN, labels to ignore, wrong calls", async () => {
    const metric = new ExpectedCalibrationError({ ignoreIndex: 7, scores: "probabilities" });
    expect(metric.bins).toBe(15);
    expect(await metric.result()).toBeNaN();
    expect((await metric.details()).maximum).toBeNaN();
    const rows = tensor([
      [0, 1],
      [NaN, 0.5],
    ]);
    expect(await resultOf(metric, [rows, ids([1, 7])])).toBe(0);
    expect(await resultOf(metric, [rows, ids([1, 0])])).toBeNaN();
    metric.update(rows, ids([2, 0]));
    await expect(metric.result()).rejects.toThrow(/labels must be in \[0, 2\)/);
    expect(() => new ExpectedCalibrationError({ bins: 0 })).toThrow(/bins must be a positive/);
  });
});
