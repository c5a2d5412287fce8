// A number over several runs.

import { studentQuantile } from "../evaluation/distributions.ts";

/** A number over several runs. */
export interface Spread {
  /** Runs that have it. */
  readonly count: number;
  readonly mean: number;
  /** Of single runs: √(Σ (x − mean)² / (count − 1)). Absent for one run. */
  readonly deviation?: number;
  /** Holds the mean of endless runs with the level's probability, by Student's t. Absent for one run. */
  readonly interval?: readonly [low: number, high: number];
}

/**
 * Mean, standard deviation, and a confidence interval of the mean:
 *
 *   mean ± t₍₁₊level₎/₂, n−1 · deviation / √n
 *
 * @param level  probability of the interval.
 * @see Student 1908, The Probable Error of a Mean.
 */
export function spreadOf(values: readonly number[], level: number): Spread {
  const count = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  if (count < 2) return { count, mean };
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1));
  const reach = (studentQuantile(1 - level, count - 1) * deviation) / Math.sqrt(count);
  return { count, mean, deviation, interval: [mean - reach, mean + reach] };
}

/** The spread of each number that runs have. */
export function spreads(
  runs: readonly Readonly<Record<string, number>>[],
  level: number,
): Readonly<Record<string, Spread>> {
  const names = [...new Set(runs.flatMap(Object.keys))];
  const entries = names.map((name) => {
    const values = runs.flatMap((run) => (name in run ? [run[name] as number] : []));
    return [name, spreadOf(values, level)] as const;
  });
  return Object.fromEntries(entries);
}
