// What the conformance table does not show: rules, errors and numbers of single layers.

import { describe, expect, test } from "vitest";
import { tensor, zeros } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { expectClose, numbers, randomTensor } from "../support/check.ts";

describe("statistics", () => {
  test("sum, mean and moving average of 1, 2, 3", async () => {
    const [sum, mean, moving] = [
      new nn.Sum(),
      new nn.Mean(),
      new nn.ExponentialMovingAverage(0.9),
    ] as const;
    expect(() => sum.value).toThrow(/no value yet/);
    const seen: number[][] = [];
    for (const value of [1, 2, 3]) {
      const all = [sum, mean, moving].map((metric) => metric(tensor([value])));
      const lists = await Promise.all(all.map((one) => one.data()));
      seen.push(lists.map(([first]) => Number(first)));
    }
    expect(seen.map(([total]) => total)).toEqual([1, 3, 6]);
    expect(seen.map(([, middle]) => middle)).toEqual([1, 1.5, 2]);
    // The figures of Sonnet's documentation of the rule.
    [1, 1.52632, 2.07011].forEach((want, i) => expect(seen[i]?.[2]).toBeCloseTo(want, 4));
    for (const metric of [sum, mean, moving]) metric.reset();
    expect([...((await sum.value.data()) as Float32Array)]).toEqual([0]);
    expect(Number((await mean.value.data())[0])).toBeNaN();
    expect(moving.variables.map(({ name }) => name)).toEqual([
      "exponential_moving_average/counter",
      "exponential_moving_average/hidden",
      "exponential_moving_average/average",
    ]);
    expect(() => new nn.ExponentialMovingAverage(1)).toThrow(/decay must be in \[0, 1\)/);
  });

  test("a moving average by 0.999 loses no digits at its first values", async () => {
    const moving = new nn.ExponentialMovingAverage(0.999);
    await expectClose(moving(tensor([3])), [3], [1], { rtol: 1e-6 });
    await expectClose(moving(tensor([3])), [3], [1], { rtol: 1e-6 });
  });
});

describe("batch norm", () => {
  test("trains by the batch and keeps its statistics, the variance of images unbiased", async () => {
    const norm = new nn.BatchNorm(false, false, { decayRate: 0.5 });
    const x = randomTensor([2, 2, 2, 3]);
    norm(x, { isTraining: true });
    const mean = Array.from({ length: 3 }, (_, c) => {
      return numbers(24).reduce((sum, v, i) => sum + (i % 3 === c ? v : 0), 0) / 8;
    });
    const variance = mean.map((m, c) => {
      return numbers(24).reduce((sum, v, i) => sum + (i % 3 === c ? (v - m) ** 2 : 0), 0) / 7;
    });
    await expectClose(norm.movingMean.value, mean, [1, 1, 1, 3]);
    await expectClose(norm.movingVariance.value, variance, [1, 1, 1, 3]);
    const y = norm(zeros([1, 1, 1, 3]), { isTraining: false });
    const wanted = mean.map((m, c) => -m / Math.sqrt((variance[c] as number) + 1e-5));
    await expectClose(y, wanted, [1, 1, 1, 3]);
  });

  test("says what is missing", () => {
    const norm = new nn.BatchNorm(true, false);
    const call = norm as unknown as (x: unknown) => void;
    expect(() => call(zeros([2, 3]))).toThrow(/must say whether it trains/);
    expect(() => norm(zeros([2, 3]), { isTraining: true, scale: zeros([3]) })).toThrow(
      /cannot bring a scale/,
    );
    expect(() => new nn.BatchNorm(false, true, { scaleInit: nn.Ones() })).toThrow(/needs a scale/);
    norm(zeros([2, 3]), { isTraining: true });
    expect(() => norm(zeros([2, 3, 3]), { isTraining: true })).toThrow(/the same rank always/);
  });
});

describe("errors", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["conv rank", () => new nn.Conv2D(3, 3)(zeros([4, 4, 2])), /must be N, H, W, C.*expandDims/],
    ["conv kernel", () => new nn.Conv2D(3, [3, 3, 3]), /one for each spatial axis/],
    [
      "conv bias",
      () => new nn.Conv1D(3, 3, { withBias: false, bInit: nn.Zeros() }),
      /needs a bias/,
    ],
    ["conv format", () => new nn.Conv2D(3, 3, { dataFormat: "NWC" }), /dataFormat must name/],
    ["output shape", () => new nn.Conv2DTranspose(3, 3, { outputShape: [4] }), /per spatial axis/],
    ["multiplier", () => new nn.DepthwiseConv2D(3, { channelMultiplier: 0 }), /positive integer/],
    ["groups", () => new nn.GroupNorm(3)(zeros([2, 4])), /divide the number of channels/],
    ["axis", () => new nn.LayerNorm(4, true, true)(zeros([2, 3])), /must name axes/],
    ["format", () => new nn.GroupNorm(1, { dataFormat: "HWC" }), /where the channels are/],
    ["bias axis", () => new nn.Bias({ biasDims: [0] })(zeros([2, 3])), /other than the batch/],
    ["bias size", () => new nn.Bias({ outputSize: [4] })(zeros([2, 3])), /examples must be \[4\]/],
    ["vocabulary", () => new nn.Embed({}), /there must be a vocabSize/],
    ["both", () => new nn.Embed({ vocabSize: 2, existingVocab: zeros([2, 3]) }), /sizes and the/],
    ["preserve", () => new nn.Reshape([2], { preserveDims: 0 }), /at least 1/],
    ["reversed", () => new nn.Reshape([2]).reversed(), /must have seen an input/],
    ["batch apply", () => new nn.BatchApply(new nn.Linear(1))(), /must be a tensor/],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(message);
  });

  test("later inputs must have the channels of the first", () => {
    const layer = new nn.Conv1D(3, 3);
    layer(zeros([1, 4, 2]));
    expect(() => layer(zeros([1, 4, 4]))).toThrow(/channels must be that of the first input/);
  });
});

test("borders by Sonnet's table, and those of a whole input", () => {
  const lengths = [1, 2, 3, 4, 5];
  expect(lengths.map((n) => nn.pad.same(n).join())).toEqual(["0,0", "0,1", "1,1", "1,2", "2,2"]);
  expect(lengths.map((n) => nn.pad.full(n)[0])).toEqual([0, 1, 2, 3, 4]);
  expect(nn.pad.create(nn.pad.same, [3, 4], 2, 2, -1)).toEqual([[0, 0], [2, 2], [3, 3], [0, 0]]); // prettier-ignore
  expect(() => nn.pad.create([nn.pad.same, nn.pad.same], 3, 1, 3, 1)).toThrow(/one per spatial/);
});

test("reshape: back to the first input's shape; the default embedDim", () => {
  const shape = new nn.Reshape([-1, 5], { preserveDims: 2 });
  expect(shape(zeros([1, 2, 3, 4, 5])).shape).toEqual([1, 2, 12, 5]);
  expect(shape.reversed()(zeros([1, 2, 12, 5])).shape).toEqual([1, 2, 3, 4, 5]);
  expect([1, 16, 1000].map((n) => new nn.Embed({ vocabSize: n }).embedDim)).toEqual([6, 12, 34]);
});

test("regularizers", async () => {
  const w = tensor(
    Float32Array.from({ length: 8 }, (_, i) => i),
    { shape: [2, 2, 2] },
  );
  const value = async (x: { item(): Promise<number> }): Promise<number> => x.item();
  expect(await value(nn.L1(0.5)([w, w]))).toBeCloseTo(28, 5);
  expect(await value(nn.L2(0.5)([w]))).toBeCloseTo(70, 5);
  expect(await value(nn.OffDiagonalOrthogonal(0.01)([w]))).toBeCloseTo(92.48, 3);
  expect(await value(nn.L2(1)([]))).toBe(0);
  expect(() => nn.L1(-1)).toThrow(/scale must be at least 0/);
  expect(() => nn.OffDiagonalOrthogonal(1)([zeros([3])])).toThrow(/matrices at least/);
});

test("leading axes merged and split", () => {
  const x = zeros([2, 3, 4]);
  expect(nn.mergeLeadingDims(x, 2).shape).toEqual([6, 4]);
  expect(nn.mergeLeadingDims(x, 4)).toBe(x);
  expect(nn.splitLeadingDim(zeros([6, 5]), x, 2).shape).toEqual([2, 3, 5]);
});
