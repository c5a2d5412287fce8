// Numbers from scipy 1.17 unless a comment says otherwise.

import { describe, expect, test } from "vitest";
import { holm, mcNemar, pairedTTest, wilcoxonSignedRank } from "../../src/evaluation/index.ts";
import {
  normalQuantile,
  normalTail,
  studentQuantile,
  studentTwoSided,
} from "../../src/evaluation/distributions.ts";
import { DataError } from "../../src/index.ts";

const first = (n: number) => Array.from({ length: n }, (_, i) => ((i * 37) % 23) / 10);
const second = (n: number) => Array.from({ length: n }, (_, i) => ((i * 53 + 7) % 29) / 14);

/** Values where only a is right, only b, or both. */
const hits = (onlyA: number, onlyB: number, both = 4): [boolean[], boolean[]] => {
  const total = onlyA + onlyB + both;
  const a = Array.from({ length: total }, (_, i) => i < onlyA || i >= onlyA + onlyB);
  return [a, a.map((_, i) => i >= onlyA)];
};

/** Expects equality to ten digits. */
function expectDigits(got: number, want: number): void {
  expect(Math.abs(got - want)).toBeLessThanOrEqual(Math.abs(want) * 1e-10);
}

describe("distributions", () => {
  test.each([
    [-3, 0.9986501019683699],
    [0, 0.5],
    [0.5, 0.3085375387259869],
    [1.96, 0.024997895148220435],
    [2.9, 0.0018658133003840375],
    [5, 2.866515718791933e-7],
    [10, 7.61985302416047e-24],
  ])("normal tail above %f", (z, p) => expectDigits(normalTail(z), p));

  test.each([
    [1e-12, -7.034483825301131],
    [0.001, -3.090232306167813],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.9999, 3.719016485455709],
    [0, -Infinity],
    [1, Infinity],
  ])("normal quantile at %f", (p, z) => {
    if (Number.isFinite(z)) expectDigits(normalQuantile(p), z);
    else expect(normalQuantile(p)).toBe(z);
  });

  test.each([
    [0, 3, 1],
    [0.7, 1, 0.6111997755715705],
    [2.2, 9, 0.05534057279861165],
    [-4.1, 30, 0.00028988583312918324],
    [1.5, 2000, 0.1337722364007546],
    [12, 99, 5.130629687897481e-21],
    [1.9, 1e5, 0.05743599328410788],
  ])("Student's tails beyond %f with %i degrees", (t, degrees, p) => {
    expectDigits(studentTwoSided(t, degrees), p);
  });

  test.each([
    [0.05, 1, 12.706204736174694],
    [0.05, 4, 2.7764451051977934],
    [0.01, 30, 2.7499956535672254],
    [0.05, 100, 1.9839715185235518],
  ])("Student's quantile with %f beyond and %i degrees", (p, degrees, t) => {
    expectDigits(studentQuantile(p, degrees), t);
  });
});

describe("pairedTTest", () => {
  test.each([
    [8, 0.22370269088472072, 0.8293771818992713],
    [60, 0.9226138154849215, 0.35996617138045095],
    [200, 1.4332208615831736, 0.15336392742208527],
  ])("%i examples", (n, statistic, p) => {
    const found = pairedTTest(first(n), second(n));
    expectDigits(found.statistic, statistic);
    expectDigits(found.p, p);
  });

  test("no difference is no evidence; a constant one is certain", () => {
    expect(pairedTTest([1, 2, 3], [1, 2, 3])).toMatchObject({ statistic: 0, p: 1 });
    expect(pairedTTest([2, 3, 4], [1, 2, 3])).toMatchObject({ statistic: Infinity, p: 0 });
  });
});

describe("wilcoxonSignedRank", () => {
  const tied = [
    [3, 5, 2, 7, 4, 6, 8, 1, 9, 4],
    [1, 5, 4, 6, 2, 3, 7, 3, 5, 1],
  ] as const;
  const long = [
    Array.from({ length: 80 }, (_, i) => (i * 7) % 11),
    Array.from({ length: 80 }, (_, i) => (i * 5 + 3) % 13),
  ] as const;

  test.each([
    ["8, exact", first(8), second(8), "exact", 17, 0.9453125],
    ["10, exact", first(10), second(10), "exact", 26, 0.921875],
    // By all permutations.
    ["10 with ties and a zero", ...tied, "exact", 9, 0.12890625],
    ["80 with ties and zeros", ...long, "normal", 966.5, 0.07336767242135749],
    ["200", first(200), second(200), "normal", 9011, 0.24834765731428887],
  ])("%s", (_, a, b, method, statistic, p) => {
    const found = wilcoxonSignedRank(a, b);
    expect(found).toMatchObject({ method, statistic });
    expectDigits(found.p, p);
  });

  test("no difference is no evidence", () => {
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toMatchObject({ statistic: 0, p: 1 });
  });
});

describe("mcNemar", () => {
  // binomtest(min, sum, 0.5) and chi2.sf((|n10 − n01| − 1)² / (n10 + n01), 1).
  test.each([
    [9, 3, "exact binomial", 3, 0.14599609375],
    [0, 5, "exact binomial", 0, 0.0625],
    [12, 12, "exact binomial", 12, 1],
    [10, 14, "exact binomial", 10, 0.5412561893463135],
    [30, 15, "chi-square", 4.355555555555555, 0.036888425707049914],
    [13, 12, "chi-square", 0, 1],
    [40, 40, "chi-square", 0, 1],
    [25, 0, "chi-square", 23.04, 1.5866563039511885e-6],
    [0, 0, "exact binomial", 0, 1],
  ])("%i and %i disagree", (onlyA, onlyB, method, statistic, p) => {
    const found = mcNemar(...hits(onlyA, onlyB));
    expect(found.method).toBe(method);
    expectDigits(found.statistic, statistic);
    expectDigits(found.p, p);
  });
});

test("holm, by hand", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(holm([0.5, 0.9, 0.4])).toEqual([1, 1, 1]);
  expect(holm([])).toEqual([]);
  expect(() => holm([0.1, NaN])).toThrow(/holm: p-values must be in \[0, 1\]\. Got NaN/);
});

test("wrong pairs are refused", () => {
  for (const compare of [pairedTTest, wilcoxonSignedRank, mcNemar]) {
    expect(() => compare([1, 0, 1], [1, 0])).toThrow(/same examples on both sides.*3 and 2/);
    expect(() => compare([1, NaN], [1, 0])).toThrow(/a must be finite numbers.*NaN at example 1/);
    expect(() => compare([], [])).toThrow(DataError);
  }
  expect(() => pairedTTest([1], [0])).toThrow(/two examples or more/);
  expect(() => mcNemar([1, 0.5], [0, 1])).toThrow(/a must be 0 or 1.*0\.5 at example 1/);
});
