// Wilcoxon's test on the ranks of differences.

import { normalTail } from "./distributions.ts";
import { type ExampleValues, type TestResult, pairedDifferences } from "./pairs.ts";

/** Up to so many differences that are not zero, p is exact. */
const EXACT_LIMIT = 50;

/**
 * Wilcoxon's signed-rank test that aₙ − bₙ is symmetric about zero.
 *
 *   W = min(Σ rank|dₙ| over dₙ > 0, Σ rank|dₙ| over dₙ < 0)
 *
 * Zeros are left out, ties share their mean rank. Up to 50 differences p is exact, counted over all
 * signs of the ranks at hand, ties included; above, it is normal, its variance corrected for ties.
 *
 * @param a  `[N]`.
 * @param b  `[N]`, of the same examples.
 * @throws {DataError} if the lengths differ or are 0, or a value is not finite.
 * @see Wilcoxon 1945, Individual comparisons by ranking methods.
 */
export function wilcoxonSignedRank(a: ExampleValues, b: ExampleValues): TestResult {
  const d = pairedDifferences("wilcoxonSignedRank", a, b).filter((x) => x !== 0);
  const { ranks, tied } = doubledRanks(d.map(Math.abs));
  const total = d.length * (d.length + 1);
  const positive = ranks.reduce((sum, rank, i) => sum + ((d[i] as number) > 0 ? rank : 0), 0);
  const least = Math.min(positive, total - positive);
  if (d.length <= EXACT_LIMIT) {
    const p = Math.min(1, 2 * exactTail(ranks, least));
    return { method: "exact", statistic: least / 2, p };
  }
  const variance = (total * (2 * d.length + 1) - tied / 2) / 24;
  const z = (least / 2 - total / 4) / Math.sqrt(variance);
  return { method: "normal", statistic: least / 2, p: 2 * normalTail(-z) };
}

/** Twice the rank of each value, which is whole for ties too; and Σ (t³ − t) over ties of t. */
function doubledRanks(values: Float64Array): { ranks: Float64Array; tied: number } {
  const order = Array.from(values, (value, i) => ({ value, i })).sort((x, y) => x.value - y.value);
  const ranks = new Float64Array(values.length);
  let tied = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && order[to]?.value === order[from]?.value) to++;
    for (const { i } of order.slice(from, to)) ranks[i] = from + 1 + to;
    tied += (to - from) ** 3 - (to - from);
  }
  return { ranks, tied };
}

/** P(Σ of the ranks that fair coins choose ≤ limit), by counting subsets for each sum. */
function exactTail(ranks: Float64Array, limit: number): number {
  const subsets = new Float64Array(limit + 1);
  subsets[0] = 1;
  for (const rank of ranks) {
    for (let sum = limit; sum >= rank; sum--) {
      subsets[sum] = (subsets[sum] as number) + (subsets[sum - rank] as number);
    }
  }
  return subsets.reduce((sum, count) => sum + count, 0) / 2 ** ranks.length;
}
