// Confidence intervals from bootstrap replicates.

import { UsageError } from "../errors.ts";
import { normalQuantile, normalTail } from "./distributions.ts";

/** Settings of a bootstrap. */
export interface BootstrapOptions {
  /** Share of intervals that should hold the truth. Default 0.95. */
  readonly level?: number;
  /** Default 2000: enough for a 95% interval; take 10,000 for 99%. */
  readonly resamples?: number;
  /** Default 0. */
  readonly seed?: number;
  /**
   * "percentile" takes quantiles of the replicates; "bca" moves them by their bias and by how
   * skewed single examples pull, which is right to second order. Default "bca".
   */
  readonly method?: "bca" | "percentile";
}

/** A number and how sure it is. */
export interface Estimate {
  readonly value: number;
  /** Absent where nothing was resampled: a single number of a single run. */
  readonly interval?: readonly [low: number, high: number];
}

/** @throws {UsageError} if a setting cannot be. */
export function checkBootstrap(op: string, options: BootstrapOptions): Required<BootstrapOptions> {
  const { level = 0.95, resamples = 2000, seed = 0, method = "bca" } = options;
  const refuse = (rule: string, got: unknown): never => {
    throw new UsageError(op, rule, { got: String(got) });
  };
  if (!(level > 0 && level < 1)) refuse("level must be between 0 and 1", level);
  if (!(Number.isInteger(resamples) && resamples > 0)) {
    refuse("resamples must be a positive integer", resamples);
  }
  if (!Number.isInteger(seed)) refuse("seed must be an integer", seed);
  if (method !== "bca" && method !== "percentile") {
    refuse('method must be "bca" or "percentile"', method);
  }
  return { level, resamples, seed, method };
}

/** The quantile of sorted numbers, between the two nearest in proportion. */
function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  const from = sorted[low] as number;
  return from + (place - low) * ((sorted[high] as number) - from);
}

/** The middle `level` of the replicates. */
export function percentileInterval(
  replicates: Float64Array,
  level: number,
): readonly [low: number, high: number] {
  const sorted = replicates.toSorted();
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
}

/**
 * Skewness of the influence of what was resampled, over the jackknives of all samples: a of BCa.
 *
 *   U = (n − 1)(mean(θ₍·₎) − θ₍ᵢ₎),  a = ⅙ Σₖ Σᵢ (U/n)³ / (Σₖ Σᵢ (U/n)²)^{3/2}
 */
function acceleration(jackknives: readonly Float64Array[]): number {
  let [squares, cubes] = [0, 0];
  for (const values of jackknives) {
    const n = values.length;
    const mean = values.reduce((sum, x) => sum + x, 0) / n;
    for (const value of values) {
      const influence = ((n - 1) * (mean - value)) / n;
      squares += influence ** 2;
      cubes += influence ** 3;
    }
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}

/**
 * Efron's interval, corrected for bias and acceleration.
 *
 *   z₀ = Φ⁻¹(share of replicates below the estimate, ties as half)
 *   α' = Φ(z₀ + (z₀ + z_α) / (1 − a (z₀ + z_α))) at both ends, as quantiles of the replicates
 *
 * Where the estimate lies outside all replicates, z₀ is infinite and the percentiles are taken.
 *
 * @param jackknives  For each thing that was resampled, the estimates without each element.
 * @see Efron 1987, Better bootstrap confidence intervals; Efron and Tibshirani 1993, §14.3.
 */
export function bcaInterval(
  replicates: Float64Array,
  estimate: number,
  jackknives: readonly Float64Array[],
  level: number,
): readonly [low: number, high: number] {
  let [below, equal] = [0, 0];
  for (const value of replicates) {
    if (value < estimate) below++;
    else if (value === estimate) equal++;
  }
  const z0 = normalQuantile((below + equal / 2) / replicates.length);
  if (!Number.isFinite(z0)) return percentileInterval(replicates, level);
  const a = acceleration(jackknives);
  const sorted = replicates.toSorted();
  const end = (p: number): number => {
    const z = z0 + normalQuantile(p);
    return quantile(sorted, normalTail(-(z0 + z / (1 - a * z))));
  };
  return [end((1 - level) / 2), end((1 + level) / 2)];
}
