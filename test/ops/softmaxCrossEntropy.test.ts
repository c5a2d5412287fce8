// Softmax cross-entropy with indices and probabilities, on the kernels of both classes.

import { describe, expect, test } from "vitest";
import {
  type Tensor,
  grad,
  mean,
  softmaxCrossEntropy,
  sum,
  tensor,
  transpose,
  zeros,
} from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { describeClasses } from "../support/classes.ts";

interface Reference {
  readonly losses: number[];
  /** For the logits, of the sum of the losses. */
  readonly gradient: number[];
}

/** By definition, in double precision. */
function reference(x: Float32Array, q: Float32Array, length: number): Reference {
  const losses: number[] = [];
  const gradient: number[] = [];
  for (let start = 0; start < x.length; start += length) {
    const row = [...x.subarray(start, start + length)];
    const labels = [...q.subarray(start, start + length)];
    const largest = Math.max(...row);
    const total = row.reduce((sum, v) => sum + Math.exp(v - largest), 0);
    const logs = row.map((v) => v - largest - Math.log(total));
    const mass = labels.reduce((sum, v) => sum + v, 0);
    losses.push(-logs.reduce((sum, log, i) => sum + log * (labels[i] as number), 0));
    gradient.push(...logs.map((log, i) => Math.exp(log) * mass - (labels[i] as number)));
  }
  return { losses, gradient };
}

const LENGTHS = [1, 2, 31, 33, 63, 64, 65, 127, 2049, 50257];

describeClasses("softmaxCrossEntropy", () => {
  test.each(LENGTHS)("3 rows of %i probabilities", async (length) => {
    const x = numbers(3 * length, 1, -4, 4);
    const q = numbers(3 * length, 2, 0, 2 / length);
    const want = reference(x, q, length);
    const shape = [3, length];
    const [logits, labels] = [tensor(x, { shape }), tensor(q, { shape })];
    await expectClose(softmaxCrossEntropy(logits, labels), want.losses, [3], { rtol: 1e-5 });
    const [g] = grad(() => mean(softmaxCrossEntropy(logits, labels)), [logits]);
    const third = want.gradient.map((v) => v / 3);
    await expectClose(g as Tensor, third, shape, { rtol: 1e-5, atol: 1e-7 });
  });

  test.each(LENGTHS)("3 rows of %i classes", async (length) => {
    const x = numbers(3 * length, 3, -4, 4);
    const ids = [length - 1, 0, length >> 1];
    const q = new Float32Array(3 * length);
    ids.forEach((id, row) => (q[row * length + id] = 1));
    const want = reference(x, q, length);
    const logits = tensor(x, { shape: [3, length] });
    const labels = tensor(ids, { dtype: "i32" });
    const weights = tensor([1, -2, 0.5]);
    await expectClose(softmaxCrossEntropy(logits, labels), want.losses, [3], { rtol: 1e-5 });
    const [g] = grad(() => softmaxCrossEntropy(logits, labels).mul(weights).sum(), [logits]);
    const scaled = want.gradient.map(
      (v, i) => v * ([1, -2, 0.5][Math.floor(i / length)] as number),
    );
    await expectClose(g as Tensor, scaled, [3, length], { rtol: 1e-5, atol: 1e-7 });
  });

  test.each([3, 40])("gradients of transposed logits and probabilities, %i classes", async (n) => {
    const [x, q] = [randomTensor([n, 2], 4), randomTensor([n, 2], 5, 0.1, 0.9)];
    await expectGradients((a, b) => softmaxCrossEntropy(transpose(a), transpose(b)), [x, q]);
  });

  test("probabilities of 0, and large logits", async () => {
    const logits = tensor([[1e4, 0, -1e4]]);
    expect(await softmaxCrossEntropy(logits, zeros([1, 3])).array()).toEqual([0]);
    expect(await softmaxCrossEntropy(logits, tensor([[0, 0.5, 0.5]])).array()).toEqual([1.5e4]);
  });

  test.each([
    [0, 3],
    [3, 0],
  ])("[%i, %i]", async (rows, classes) => {
    const x = zeros([rows, classes]);
    await expectClose(softmaxCrossEntropy(x, x), Array<number>(rows).fill(0), [rows]);
    const [g] = grad(() => softmaxCrossEntropy(x, x).sum(), [x]);
    expect(g?.shape).toEqual([rows, classes]);
  });
});

test.each([
  ["probabilities", () => randomTensor([5, 7], 6, 0, 1)],
  ["classes", () => tensor([0, 6, 3, 2, 1], { dtype: "i32" })],
])("softmaxCrossEntropy of %s is one dispatch each way", (_, labelsOf) => {
  const { recorder } = device();
  const [x, labels] = [randomTensor([5, 7], 7), labelsOf()];
  const losses = randomTensor([5], 8);
  const countOf = (run: () => void): number => {
    const before = recorder.dispatchCount;
    run();
    return recorder.dispatchCount - before;
  };
  const alone = countOf(() => grad(() => sum(losses), [losses]));
  const both = countOf(() => grad(() => sum(softmaxCrossEntropy(x, labels)), [x]));
  expect(countOf(() => softmaxCrossEntropy(x, labels))).toBe(1);
  expect(both - alone).toBe(2);
});

describe("softmaxCrossEntropy, wrong calls", () => {
  test.each([
    ["no row", () => softmaxCrossEntropy(zeros([]), zeros([]))],
    ["probabilities per row", () => softmaxCrossEntropy(zeros([2, 3]), zeros([2]))],
    ["probabilities of another shape", () => softmaxCrossEntropy(zeros([2, 3]), zeros([3]))],
    ["indices per logit", () => softmaxCrossEntropy(zeros([2, 3]), zeros([2, 3], "i32"))],
  ])("%s", (_, call) => {
    expect(call).toThrow(/^softmaxCrossEntropy: /);
  });
});
