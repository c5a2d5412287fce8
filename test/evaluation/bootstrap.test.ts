// Numbers from scipy 1.17's stats.bootstrap.

import { describe, expect, test } from "vitest";
import { bootstrap } from "../../src/evaluation/index.ts";
import { bcaInterval, percentileInterval } from "../../src/evaluation/interval.ts";
import { allRows, leaveOut, replicatesOf } from "../../src/evaluation/resample.ts";
import { DataError, UsageError } from "../../src/index.ts";

const mean = (values: ArrayLike<number>, rows: Uint32Array): number =>
  rows.reduce((sum, row) => sum + (values[row] as number), 0) / rows.length;

const x = Array.from({ length: 30 }, (_, i) => ((i * 37) % 23) ** 2 / 100);
const y = Array.from({ length: 20 }, (_, i) => ((i * 53 + 7) % 29) / 14);
const meanX = mean(x, allRows(30));
const meanY = mean(y, allRows(20));
/** A skewed set of replicates about `centre`, the same for scipy (as bootstrap_result). */
const replicates = (centre: number): Float64Array =>
  Float64Array.from({ length: 999 }, (_, i) => {
    return centre + (((i * 7919) % 1009) / 1009 - 0.48) ** 3 * 6;
  });

describe("intervals of given replicates", () => {
  const ofX = leaveOut((rows) => mean(x, rows), allRows(30));
  const ofY = leaveOut((rows) => -mean(y, rows), allRows(20));

  test.each([
    [0.95, 0.9966738579645416, 2.2858446024036145, 1.0014717925292869, 2.2922268751820427],
    [0.8, 1.2082709359743138, 1.9699373596104421, 1.2381759220852042, 2.009369673121946],
  ])("at level %f", (level, low, high, lowPercentile, highPercentile) => {
    const bca = bcaInterval(replicates(meanX), meanX, [ofX], level);
    expect(bca[0]).toBeCloseTo(low, 10);
    expect(bca[1]).toBeCloseTo(high, 10);
    const percentile = percentileInterval(replicates(meanX), level);
    expect(percentile[0]).toBeCloseTo(lowPercentile, 10);
    expect(percentile[1]).toBeCloseTo(highPercentile, 10);
  });

  test("two samples pull together", () => {
    const difference = meanX - meanY;
    const bca = bcaInterval(replicates(difference), difference, [ofX, ofY], 0.95);
    expect(bca[0]).toBeCloseTo(0.05221479425806148, 10);
    expect(bca[1]).toBeCloseTo(1.3394308465459008, 10);
  });

  test("an estimate outside all replicates has their percentiles", () => {
    const found = bcaInterval(Float64Array.of(1, 2, 3), 5, [], 0.9);
    expect(found).toEqual(percentileInterval(Float64Array.of(1, 2, 3), 0.9));
  });
});

describe("bootstrap", () => {
  const values = Array.from({ length: 60 }, (_, i) => Math.exp(2 * Math.sin(i * i)));
  const median = (rows: Uint32Array): number => {
    const sorted = Array.from(rows, (row) => values[row] as number).sort((a, b) => a - b);
    const [low, high] = [Math.floor((rows.length - 1) / 2), Math.ceil((rows.length - 1) / 2)];
    return ((sorted[low] as number) + (sorted[high] as number)) / 2;
  };

  // Means of runs of 50,000 resamples; the tolerance is four standard errors of ours with 5000.
  test.each([
    ["bca", 1.5812, 2.8236],
    ["percentile", 1.5468, 2.778],
  ] as const)("%s of a skewed mean", (method, low, high) => {
    const found = bootstrap(60, (rows) => mean(values, rows), { method, resamples: 5000 });
    expect(found.value).toBeCloseTo(2.1420739345773905, 12);
    expect(Math.abs(found.interval[0] - low)).toBeLessThan(0.04);
    expect(Math.abs(found.interval[1] - high)).toBeLessThan(0.06);
  });

  test("a median's interval ends at examples", () => {
    const { value, interval } = bootstrap(60, median, { resamples: 4000, seed: 3 });
    expect(value).toBeCloseTo(0.7882819353223646, 12);
    expect(Math.abs(interval[0] - 0.4457)).toBeLessThan(0.03);
    expect(Math.abs(interval[1] - 1.7233)).toBeLessThan(0.06);
  });

  test("the seed decides", () => {
    const score = (rows: Uint32Array): number => mean(x, rows);
    const of = (seed: number) => bootstrap(30, score, { seed, resamples: 200 }).interval;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  test("draws are uniform", () => {
    const counts = new Float64Array(7);
    const count = (rows: Uint32Array): number => {
      for (const row of rows) counts[row - 10] = (counts[row - 10] as number) + 1;
      return 0;
    };
    const rows = Uint32Array.from([10, 11, 12, 13, 14, 15, 16]);
    replicatesOf([count], rows, { resamples: 10_000, seed: 5 });
    // χ² with 6 degrees stays below 22.5 in 999 of 1000.
    const chi = counts.reduce((sum, seen) => sum + (seen - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(22.5);
  });

  test("above 500 rows, groups are left out", () => {
    const left = leaveOut((rows) => rows.length, allRows(1003));
    expect(left).toHaveLength(500);
    expect(new Set(left)).toEqual(new Set([1000, 1001]));
  });

  test("what all examples agree on has no width", () => {
    expect(bootstrap(5, () => 1).interval).toEqual([1, 1]);
    expect(bootstrap(1, () => 3).interval).toEqual([3, 3]);
  });

  test("wrong settings and statistics are refused", () => {
    const one = (): number => 1;
    expect(() => bootstrap(0, one)).toThrow(DataError);
    expect(() => bootstrap(3, one, { level: 1 })).toThrow(/level must be between 0 and 1\. Got 1/);
    expect(() => bootstrap(3, one, { resamples: 0 })).toThrow(UsageError);
    expect(() => bootstrap(3, one, { seed: 0.5 })).toThrow(/seed must be an integer/);
    expect(() => bootstrap(3, one, { method: "basic" as "bca" })).toThrow(/"bca" or "percentile"/);
    expect(() => bootstrap(3, () => NaN)).toThrow(/must give a finite number.*Got NaN/);
  });
});
