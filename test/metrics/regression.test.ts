import { describe, expect, test } from "vitest";
import { type Tensor, full, tensor } from "../../src/index.ts";
import {
  ExplainedVariance,
  MeanAbsoluteError,
  MeanSquaredError,
  R2,
  RootMeanSquaredError,
} from "../../src/metrics/index.ts";
import { resultOf } from "../support/batches.ts";

// References: scikit-learn 1.9.

const TARGETS = [3, -0.5, 2, 7, 4.25, 1];
const PREDICTIONS = [2.5, 0, 2, 8, 4, -0.5];
const BATCHES = [[6], [4, 2], [1, 5]];
const OFFSETS = [0.25, 0.5, 0.75, 1, 1.25, -0.5];
const ERRORS = [0.125, -0.125, 0.25, 0, 0, 0.5];

const TABLE = [
  ["MeanSquaredError", MeanSquaredError, 0.6354166666666666],
  ["RootMeanSquaredError", RootMeanSquaredError, 0.7971302695712079],
  ["MeanAbsoluteError", MeanAbsoluteError, 0.625],
  ["R2", R2, 0.8896593307205306],
  ["ExplainedVariance", ExplainedVariance, 0.892372625866747],
] as const;

describe.each(TABLE)("%s", (name, Kind, want) => {
  const metric = new Kind();

  test.each(BATCHES)("in batches of %i…", async (...sizes) => {
    const pair = [tensor(PREDICTIONS), tensor(TARGETS)] as const;
    expect(await resultOf(metric, pair, sizes)).toBeCloseTo(want, 6);
    expect(metric.name).toBe(name[0]?.toLowerCase() + name.slice(1));
  });

  test("nothing, NaN, perfection and wrong shapes", async () => {
    metric.reset();
    expect(await metric.result()).toBeNaN();
    const empty = tensor(new Float32Array(0));
    metric.update(empty, empty);
    expect(await metric.result()).toBeNaN();
    expect(await resultOf(metric, [tensor([1, NaN]), tensor([1, 2])])).toBeNaN();
    expect(await resultOf(metric, [tensor(TARGETS), tensor(TARGETS)])).toBe(
      name === "R2" || name === "ExplainedVariance" ? 1 : 0,
    );
    expect(() => metric.update(tensor([1, 2]), tensor([[1, 2]]))).toThrow(
      `${name}: predictions and targets must have the same shape. Got [2] and [1, 2].`,
    );
  });
});

describe("long data", () => {
  test("the mean of many squares does not drift", async () => {
    const metric = new MeanSquaredError();
    metric.update(tensor([2 ** 13]), tensor([0]));
    for (let i = 0; i < 100; i++) metric.update(full([16], 1), full([16], 0));
    expect(await metric.result()).toBe((2 ** 26 + 1600) / 1601);
  });

  test("a large mean does not drown the variance", async () => {
    const targets = OFFSETS.map((offset) => 1e4 + offset);
    const predictions = targets.map((target, i) => target + (ERRORS[i] as number));
    const pair = [tensor(predictions), tensor(targets)] as const;
    for (const sizes of BATCHES) {
      expect(await resultOf(new R2(), pair, sizes)).toBeCloseTo(0.8216216216216217, 9);
      expect(await resultOf(new ExplainedVariance(), pair, sizes)).toBeCloseTo(0.87027027, 8);
    }
  });
});

describe("R2 and ExplainedVariance", () => {
  const predictions = tensor([
    [0, 2],
    [-1, 2],
    [8, -5],
    [2.5, 3.5],
  ]);
  const targets = tensor([
    [0.5, 1],
    [-1, 1],
    [7, -6],
    [2, 3],
  ]);

  test("of several outputs", async () => {
    const r2 = new R2();
    expect(await resultOf(r2, [predictions, targets], [3, 1])).toBeCloseTo(0.9445152531, 6);
    const { perOutput } = await r2.details();
    expect(perOutput).toEqual([0.95854922, 0.93048128].map((value) => expect.closeTo(value, 6)));
    const explained = new ExplainedVariance();
    expect(await resultOf(explained, [predictions, targets])).toBeCloseTo(0.9807234952388868, 6);
    expect((await explained.details()).perOutput[1]).toBeCloseTo(0.9959893, 6);
    expect(() => r2.update(tensor([1]), tensor([1]))).toThrow(/R2: rows must be \[n, 2\]/);
  });

  test("where targets are all the same", async () => {
    const same = tensor([0.1, 0.1, 0.1]);
    const off = (change: readonly number[]): readonly [Tensor, Tensor] => [
      same.add(tensor(change)),
      same,
    ];
    expect(await resultOf(new R2(), off([0, 0, 0]), [2, 1])).toBe(1);
    expect(await resultOf(new R2(), off([-1, 0, 1]), [2, 1])).toBe(0);
    expect(await resultOf(new R2(), [tensor([1]), tensor([1])])).toBeNaN();
    expect(await resultOf(new ExplainedVariance(), off([1, 1, 1]))).toBe(1);
    expect(await resultOf(new ExplainedVariance(), off([-1, 0, 1]))).toBe(0);
  });
});
