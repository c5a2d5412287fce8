import { describe, expect, test } from "vitest";
import {
  type Dataset,
  type HostArray,
  channelStatistics,
  classWeights,
  concatDatasets,
  dataset,
  exampleAt,
  kFold,
  mapDataset,
  split,
  stackExamples,
  subset,
} from "../../src/data/index.ts";

const i32 = (...values: number[]): HostArray => ({
  dtype: "i32",
  shape: [values.length],
  data: Int32Array.from(values),
});

/** Example i has the input 10 i and the label that the counts give it, in turn. */
function labelled(...counts: readonly number[]): Dataset {
  const left = [...counts];
  const labels: number[] = [];
  while (left.some((count) => count > 0)) {
    left.forEach((count, label) => {
      if (count > 0) labels.push(label);
      left[label] = Math.max(0, count - 1);
    });
  }
  return dataset({ inputs: i32(...labels.map((_, i) => 10 * i)), labels: i32(...labels) });
}

const values = (data: Dataset, field: string): number[] => [...(data.fields[field]?.data ?? [])];
const countsOf = (data: Dataset, classes: number): number[] =>
  Array.from({ length: classes }, (_, c) => values(data, "labels").filter((l) => l === c).length);

describe("split", () => {
  test("parts by share, every example in one of them, by seed", () => {
    const data = labelled(30, 23);
    const cut = (seed: number) => split(data, { train: 0.7, valid: 0.1, test: 0.2 }, { seed });
    const { train, valid, test: rest } = cut(1);
    for (const [part, share] of [
      [train, 0.7],
      [valid, 0.1],
      [rest, 0.2],
    ] as const) {
      expect(Math.abs(part.size - share * 53)).toBeLessThan(1);
    }
    const all = [train, valid, rest].flatMap((part) => values(part, "inputs"));
    expect(all.sort((a, b) => a - b)).toEqual(values(data, "inputs"));
    for (const part of [train, valid, rest]) {
      const inputs = values(part, "inputs");
      expect(inputs).toEqual([...inputs].sort((a, b) => a - b));
      const labels = inputs.map((input) => values(data, "labels")[input / 10]);
      expect(values(part, "labels")).toEqual(labels);
    }
    expect(cut(1)).toEqual(cut(1));
    expect(values(cut(2).test, "inputs")).not.toEqual(values(rest, "inputs"));
  });

  test("stratified: every label by share, small classes too", () => {
    const data = labelled(50, 5, 5, 5, 5, 5);
    const parts = split(data, { train: 0.8, test: 0.2 }, { seed: 4, stratify: "labels" });
    expect(countsOf(parts.train, 6)).toEqual([40, 4, 4, 4, 4, 4]);
    expect(countsOf(parts.test, 6)).toEqual([10, 1, 1, 1, 1, 1]);
    const thirds = labelled(...Array<number>(10).fill(3));
    const { train } = split(thirds, { train: 0.8, test: 0.2 }, { stratify: "labels" });
    expect(train.size).toBe(24);
  });

  test("shares below 1 leave the rest out; others are refused", () => {
    const data = labelled(10);
    expect(split(data, { few: 0.2 }).few.size).toBe(2);
    expect(() => split(data, { a: 0.8, b: 0.3 })).toThrow(/Got a: 0.8, b: 0.3/);
    expect(() => split(data, { a: 0 })).toThrow(/positive/);
    expect(() => split(data, { a: 0.99, b: 0.01 })).toThrow(/none in b of 10 examples/);
    expect(() => split(data, { a: 1 }, { stratify: "colour" })).toThrow(
      /colour among inputs, labels/,
    );
  });
});

describe("kFold", () => {
  test("each example is tested once", () => {
    const data = labelled(7, 4);
    const folds = [...kFold(data, 3, { seed: 2, stratify: "labels" })];
    expect(folds).toHaveLength(3);
    expect(folds.flatMap(({ test: t }) => values(t, "inputs")).sort((a, b) => a - b)).toEqual(
      values(data, "inputs"),
    );
    for (const { train, test: tested } of folds) {
      expect(train.size + tested.size).toBe(11);
      const seen = new Set(values(train, "inputs"));
      expect(values(tested, "inputs").some((input) => seen.has(input))).toBe(false);
      expect(countsOf(tested, 2)[1]).toBeGreaterThanOrEqual(1);
    }
    expect(() => [...kFold(data, 12)]).toThrow(/12 for 11/);
  });
});

describe("class weights and statistics", () => {
  test("rare classes count more", () => {
    // scikit-learn 1.9, compute_class_weight("balanced").
    expect([...classWeights(i32(0, 1, 1, 1, 2, 2))]).toEqual([2, Math.fround(2 / 3), 1]);
    expect([...classWeights(i32(1, -1, 1), 3)]).toEqual([0, Math.fround(1 / 3), 0]);
    expect(() => classWeights(i32(0, 5), 3)).toThrow(/below 3. Got 5 at index 1/);
    expect(() => classWeights(i32())).toThrow(/at least one label/);
  });

  test("mean and deviation of channels", () => {
    const bytes = { dtype: "u8", shape: [2, 2, 2], data: Uint8Array.of(0, 10, 51, 10, 102, 30, 255, 30) }; // prettier-ignore
    const { mean, deviation } = channelStatistics(bytes as HostArray);
    // NumPy: x.mean(axis=(0, 1)) / 255, x.std(axis=(0, 1)) / 255
    [0.4, 0.0784313725].forEach((value, c) => expect(mean[c]).toBeCloseTo(value, 9));
    [0.374165739, 0.0392156863].forEach((value, c) => expect(deviation[c]).toBeCloseTo(value, 8));
    const gaps = { dtype: "f32", shape: [3, 1], data: Float32Array.of(1, NaN, 3) } as const;
    expect(channelStatistics(gaps)).toEqual({ mean: [2], deviation: [1] });
    expect(() => channelStatistics({ ...gaps, data: Float32Array.of(NaN, NaN, NaN) })).toThrow(
      /none in channel 0/,
    );
  });
});

describe("subset, concat and map", () => {
  const data = labelled(3, 2);

  test("rows in a given order, parts one after the other", () => {
    const part = subset(data, [4, 0, 0]);
    expect(values(part, "inputs")).toEqual([40, 0, 0]);
    expect(values(concatDatasets(part, data), "inputs")).toEqual([40, 0, 0, 0, 10, 20, 30, 40]);
    expect(() => subset(data, [1, 5])).toThrow(/0 to 4. Got 5 at index 1/);
    const other = dataset({ inputs: i32(1) });
    expect(() => concatDatasets(data, other)).toThrow(/in part 0 and i32 .* in part 1|in part 1/);
    expect(() => concatDatasets(other, data)).toThrow(/in part 1/);
    expect(() => concatDatasets()).toThrow(/at least one part/);
  });

  test("every example through a function", () => {
    const doubled = mapDataset(data, ({ inputs }, i) => {
      const [x] = (inputs as HostArray).data as Int32Array;
      return { inputs: { dtype: "f32", shape: [2], data: Float32Array.of(x as number, i) } };
    });
    expect(doubled.fields.inputs?.shape).toEqual([5, 2]);
    expect(values(doubled, "inputs")).toEqual([0, 0, 10, 1, 20, 2, 30, 3, 40, 4]);
    expect(exampleAt(data, 2)).toEqual({
      inputs: { ...i32(20), shape: [] },
      labels: { ...i32(0), shape: [] },
    });
    const examples = [exampleAt(data, 0), { inputs: { ...i32(1), shape: [] } }];
    expect(() => stackExamples("here", examples)).toThrow(
      /inputs, labels in example 0 and inputs in 1/,
    );
    const ragged = [{ x: i32(1) }, { x: i32(1, 2) }];
    expect(() => stackExamples("here", ragged)).toThrow(
      /i32 \[1\] in row 0 and i32 \[2\] in row 1/,
    );
  });
});
