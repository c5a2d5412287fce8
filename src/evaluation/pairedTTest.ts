// Student's test on differences.

import { DataError } from "../errors.ts";
import { studentTwoSided } from "./distributions.ts";
import { type ExampleValues, type TestResult, pairedDifferences } from "./pairs.ts";

/**
 * Student's paired test that the mean of aₙ − bₙ is zero.
 *
 *   t = mean(d) / (s / √N),  s² = Σ (dₙ − mean(d))² / (N − 1),  N − 1 degrees of freedom
 *
 * p is 1 where all differences are zero.
 *
 * @param a  `[N]`, N ≥ 2.
 * @param b  `[N]`, of the same examples.
 * @throws {DataError} if the lengths differ or are below 2, or a value is not finite.
 * @see Student 1908, The probable error of a mean.
 */
export function pairedTTest(a: ExampleValues, b: ExampleValues): TestResult {
  const d = pairedDifferences("pairedTTest", a, b);
  const n = d.length;
  if (n < 2) {
    throw new DataError("pairedTTest", "there must be two examples or more", { got: `${n}` });
  }
  const mean = d.reduce((sum, x) => sum + x, 0) / n;
  const variance = d.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  const t = mean === 0 ? 0 : mean / Math.sqrt(variance / n);
  return { method: `t, ${n - 1} degrees`, statistic: t, p: studentTwoSided(t, n - 1) };
}
