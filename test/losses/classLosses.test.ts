import { describe, expect, test } from "vitest";
import { type Tensor, grad, sum, tensor } from "../../src/index.ts";
import {
  type CrossEntropyOptions,
  crossEntropy,
  multiMarginLoss,
  negativeLogLikelihood,
} from "../../src/losses/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";

const IGNORED = -100;

/** log softmax of a row of plain numbers. */
function logSoftmax(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  const total = row.reduce((a, x) => a + Math.exp(x - largest), 0);
  return row.map((x) => x - largest - Math.log(total));
}

interface Reference {
  readonly losses: number[];
  readonly mean: number;
}

/** Cross-entropy with everything, by definition. */
function reference(
  x: Float32Array,
  classes: number,
  labels: readonly number[],
  { alpha = 0, w = Array<number>(classes).fill(1) } = {},
): Reference {
  const losses = labels.map((label, n) => {
    if (label === IGNORED) return 0;
    const logs = logSoftmax([...x.subarray(n * classes, (n + 1) * classes)]);
    return logs.reduce((total, log, c) => {
      const q = (c === label ? 1 - alpha : 0) + alpha / classes;
      return total - (w[c] as number) * q * log;
    }, 0);
  });
  const weights = labels.map((label) => (label === IGNORED ? 0 : (w[label] as number)));
  const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const weight = total(weights);
  return { losses, mean: weight === 0 ? 0 : total(losses) / weight };
}

const SIZES = [
  [1, 1],
  [1, 5],
  [7, 3],
  [64, 10],
  [65, 33],
] as const;

const VARIANTS = ["plain", "smoothed", "weighted", "smoothed weighted", "ignoring", "all"] as const;

describe.each(VARIANTS)("crossEntropy, %s", (variant) => {
  test.each(SIZES)("[%i, %i] agrees with its definition", async (rows, classes) => {
    const isAll = variant === "all";
    const x = numbers(rows * classes, 3, -4, 4);
    const labels = Array.from({ length: rows }, (_, n) => (n * 7 + 2) % classes);
    if (isAll || variant === "ignoring") for (let n = 0; n < rows; n += 3) labels[n] = IGNORED;
    const w = [...numbers(classes, 5, 0.2, 2)];
    const alpha = isAll || variant.includes("smoothed") ? 0.2 : 0;
    const isWeighted = isAll || variant.includes("weighted");
    const want = reference(x, classes, labels, { alpha, ...(isWeighted ? { w } : {}) });
    const options: CrossEntropyOptions = {
      labelSmoothing: alpha,
      ignoreIndex: IGNORED,
      ...(isWeighted ? { classWeights: tensor(w) } : {}),
    };
    const logits = tensor(x, { shape: [rows, classes] });
    const ids = tensor(Int32Array.from(labels));
    const loss = (reduction: "none" | "sum" | "mean"): Tensor =>
      crossEntropy(logits, ids, { ...options, reduction });
    const tolerance = { rtol: 1e-4, atol: 1e-5 };
    await expectClose(loss("none"), want.losses, [rows], tolerance);
    await expectClose(loss("sum"), [want.losses.reduce((a, b) => a + b, 0)], [], tolerance);
    await expectClose(loss("mean"), [want.mean], [], tolerance);
    await expectGradients((y) => crossEntropy(y, ids, options), [logits]);
  });
});

describe("crossEntropy", () => {
  test("of probabilities: gradients for both, smoothing and weights", async () => {
    const logits = randomTensor([4, 5], 1, -2, 2);
    const q = randomTensor([4, 5], 2, 0, 1);
    const options = { labelSmoothing: 0.1, classWeights: randomTensor([5], 3, 0.5, 2) };
    const loss = (x: Tensor, y: Tensor): Tensor => crossEntropy(x, y, options);
    await expectGradients(loss, [logits, q]);
    const hits = tensor([
      [0, 1, 0, 0, 0],
      [1, 0, 0, 0, 0],
      [0, 0, 0, 0, 1],
      [0, 0, 1, 0, 0],
    ]);
    const ids = tensor(Int32Array.of(1, 0, 4, 2));
    const whole = { reduction: "none" as const, labelSmoothing: 0.3 };
    const want = await crossEntropy(logits, ids, whole).data();
    await expectClose(crossEntropy(logits, hits, whole), want, [4], { rtol: 1e-5 });
  });

  test("ignored rows have no gradient, and all ignored is 0", async () => {
    const logits = randomTensor([3, 4], 1, -2, 2);
    const ids = tensor(Int32Array.of(1, IGNORED, IGNORED));
    const options = { ignoreIndex: IGNORED };
    const [g] = grad(() => crossEntropy(logits, ids, options), [logits]);
    const values = await (g as Tensor).data();
    expect(values.slice(4).every((value) => value === 0)).toBe(true);
    expect(values[1]).toBeLessThan(0);
    const none = tensor(Int32Array.of(IGNORED, IGNORED, IGNORED));
    expect(await crossEntropy(logits, none, options).item()).toBe(0);
  });

  test("sequences, views, no rows, and second derivatives", async () => {
    const logits = randomTensor([5, 3, 2], 1, -2, 2).transpose([2, 1, 0]);
    const ids = tensor(Int32Array.of(0, 4, 2, 1, 3, 3), { shape: [2, 3] });
    await expectGradients((x) => crossEntropy(x, ids, { labelSmoothing: 0.1 }), [logits]);
    const slope = (x: Tensor): Tensor => {
      const options = { classWeights: tensor([1, 2, 0.5, 1, 3]) };
      return grad(() => crossEntropy(x, ids, options), [x])[0] as Tensor;
    };
    await expectGradients(slope, [logits]);
    const empty = tensor(new Float32Array(0), { shape: [0, 3] });
    const noIds = tensor(new Int32Array(0));
    expect(await crossEntropy(empty, noIds, { reduction: "sum" }).item()).toBe(0);
  });

  test("wrong calls say what to change", () => {
    const logits = randomTensor([3, 4]);
    const ids = tensor(Int32Array.of(0, 1, 2));
    expect(() => crossEntropy(logits, tensor(Int32Array.of(0, 1)))).toThrow(
      /crossEntropy: there must be one label per row.*\[3, 4\].*\[2\]/,
    );
    expect(() => crossEntropy(logits, randomTensor([3]))).toThrow(/crossEntropy: prob.*"i32"/);
    expect(() => crossEntropy(logits, ids, { labelSmoothing: 2 })).toThrow(/\[0, 1\]. Got 2/);
    expect(() => crossEntropy(logits, ids, { classWeights: randomTensor([3]) })).toThrow(
      /crossEntropy: classWeights.*\[3\] for 4/,
    );
    expect(() => crossEntropy(logits, logits, { ignoreIndex: 0 })).toThrow(/ignoreIndex/);
  });
});

describe("negativeLogLikelihood", () => {
  test("of log softmax it is the cross-entropy", async () => {
    const logits = randomTensor([6, 5], 1, -3, 3);
    const ids = tensor(Int32Array.of(0, 4, IGNORED, 2, 2, 1));
    const options = { classWeights: randomTensor([5], 2, 0.5, 2), ignoreIndex: IGNORED };
    for (const reduction of ["none", "sum", "mean"] as const) {
      const want = crossEntropy(logits, ids, { ...options, reduction });
      const got = negativeLogLikelihood(logits.logSoftmax(), ids, { ...options, reduction });
      await expectClose(got, await want.data(), want.shape, { rtol: 1e-5 });
    }
    await expectGradients((x) => negativeLogLikelihood(x, ids, options), [logits]);
    const wrong = tensor(Int32Array.of(0));
    expect(() => negativeLogLikelihood(logits, wrong)).toThrow(/negativeLogLikelihood: there must/);
  });
});

describe("multiMarginLoss", () => {
  test.each([
    [1, 1, 1],
    [7, 5, 1],
    [5, 7, 2],
  ] as const)("[%i, %i], power %i", async (rows, classes, power) => {
    const x = numbers(rows * classes, 1, -2, 2);
    const labels = Array.from({ length: rows }, (_, n) => (n * 3) % classes);
    const want = labels.map((label, n) => {
      const row = [...x.subarray(n * classes, (n + 1) * classes)];
      const excess = row.map((s, c) => {
        return c === label ? 0 : Math.max(0, 0.7 - (row[label] as number) + s) ** power;
      });
      return excess.reduce((a, b) => a + b, 0) / classes;
    });
    const scores = tensor(x, { shape: [rows, classes] });
    const ids = tensor(Int32Array.from(labels));
    const options = { margin: 0.7, power } as const;
    const each = multiMarginLoss(scores, ids, { ...options, reduction: "none" });
    await expectClose(each, want, [rows], { rtol: 1e-5 });
    const step = { step: 1e-3, rtol: 5e-2 };
    await expectGradients((s) => multiMarginLoss(s, ids, options), [scores], step);
  });

  test("labels must be indices", () => {
    const scores = randomTensor([2, 3]);
    expect(() => multiMarginLoss(scores, sum(scores, 1))).toThrow(/multiMarginLoss.*"i32"/);
  });
});
