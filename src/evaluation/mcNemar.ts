// McNemar's test: which of two models is right where the other is wrong.

import { DataError } from "../errors.ts";
import { normalTail } from "./distributions.ts";
import { type ExampleValues, type TestResult, finiteValues, requirePairs } from "./pairs.ts";

/** Below so many examples on which they disagree, p is exact. */
const EXACT_LIMIT = 25;

/**
 * McNemar's test that two models are right equally often, from the examples on which only a (n₁₀)
 * or only b (n₀₁) is right.
 *
 *   n₁₀ + n₀₁ < 25:  p = 2 P(X ≤ min(n₁₀, n₀₁)),  X binomial with n₁₀ + n₀₁ draws of ½
 *   otherwise:       χ² = max(0, |n₁₀ − n₀₁| − 1)² / (n₁₀ + n₀₁), one degree of freedom
 *
 * @param a  `[N]`, 1 or true where right, else 0.
 * @param b  `[N]`, of the same examples.
 * @returns  χ², or min(n₁₀, n₀₁) where p is exact.
 * @throws {DataError} if the lengths differ or are 0, or a value is neither 0 nor 1.
 * @see McNemar 1947, Note on the sampling error of the difference between correlated proportions.
 */
export function mcNemar(a: ExampleValues, b: ExampleValues): TestResult {
  const [first, second] = [hits("a", a), hits("b", b)];
  requirePairs("mcNemar", first.length, second.length);
  const onlyA = first.reduce((sum, hit, i) => sum + (hit > (second[i] as number) ? 1 : 0), 0);
  const onlyB = first.reduce((sum, hit, i) => sum + (hit < (second[i] as number) ? 1 : 0), 0);
  const n = onlyA + onlyB;
  if (n < EXACT_LIMIT) {
    const least = Math.min(onlyA, onlyB);
    return { method: "exact binomial", statistic: least, p: Math.min(1, 2 * fairTail(least, n)) };
  }
  const statistic = Math.max(0, Math.abs(onlyA - onlyB) - 1) ** 2 / n;
  return { method: "chi-square", statistic, p: 2 * normalTail(Math.sqrt(statistic)) };
}

/** Whether all values are 0 or 1. */
export function isBinary(values: Float64Array): boolean {
  return values.every((value) => value === 0 || value === 1);
}

function hits(name: string, given: ExampleValues): Float64Array {
  const values = finiteValues("mcNemar", name, given);
  if (isBinary(values)) return values;
  const example = values.findIndex((value) => value !== 0 && value !== 1);
  throw new DataError("mcNemar", `${name} must be 0 or 1`, {
    got: `${values[example]} at example ${example}`,
    remedy: "Compare other values by pairedTTest or wilcoxonSignedRank.",
  });
}

/** P(X ≤ k) for n draws of ½. */
function fairTail(k: number, n: number): number {
  let [ways, sum] = [1, 1];
  for (let i = 1; i <= k; i++) {
    ways *= (n - i + 1) / i;
    sum += ways;
  }
  return sum / 2 ** n;
}
