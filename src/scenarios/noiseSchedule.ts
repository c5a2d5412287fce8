// How fast noise takes the place of an example.

import { UsageError } from "../errors.ts";

/** A process that turns examples into noise: x_t = √ᾱ_t·x + √(1 − ᾱ_t)·ε, ε standard normal. */
export interface NoiseSchedule {
  /** ᾱ_t of each step, falling from near 1 to near 0: how much of the variance is still the example's. */
  readonly alphaBars: readonly number[];
}

/**
 * The schedule of the variances β_t that steps add: ᾱ_t = Π (1 − β_s) up to t.
 *
 * @throws {UsageError} unless there are variances, each between 0 and 1.
 */
export function noiseSchedule(betas: readonly number[]): NoiseSchedule {
  const wrong = betas.find((beta) => !(beta > 0 && beta < 1));
  if (betas.length === 0 || wrong !== undefined) {
    throw new UsageError("noiseSchedule", "variances must be between 0 and 1", {
      got: betas.length === 0 ? "none" : `${wrong}`,
      remedy: "Take more steps, or smaller variances.",
    });
  }
  let left = 1;
  return { alphaBars: betas.map((beta) => (left *= 1 - beta)) };
}

function requireSteps(op: string, steps: number): void {
  if (Number.isInteger(steps) && steps >= 2) return;
  throw new UsageError(op, "steps must be an integer from 2 on", { got: `${steps}` });
}

/** Options of `linearNoise`. */
export interface LinearNoiseOptions {
  /** T. Default 1000. */
  readonly steps?: number;
  /** β of the first step. Default 0.1 / T. */
  readonly first?: number;
  /** β of the last step. Default 20 / T, so that what is left at the end is the same for every T. */
  readonly last?: number;
}

/**
 * β_t in a straight line from the first to the last.
 *
 * @throws {UsageError} if a β is not between 0 and 1: T must be above 20, or β given.
 * @see Ho et al. 2020, Denoising Diffusion Probabilistic Models, §4: 1e-4 to 0.02 for T = 1000.
 */
export function linearNoise(options: LinearNoiseOptions = {}): NoiseSchedule {
  const { steps = 1000 } = options;
  requireSteps("linearNoise", steps);
  const { first = 0.1 / steps, last = 20 / steps } = options;
  const slope = (last - first) / (steps - 1);
  return noiseSchedule(Array.from({ length: steps }, (_, i) => first + slope * i));
}

/** Options of `cosineNoise`. */
export interface CosineNoiseOptions {
  /** T. Default 1000. */
  readonly steps?: number;
  /** s: keeps the first variances from being too small. Default 0.008. */
  readonly offset?: number;
  /** Bounds β, which would be 1 in the end. Default 0.999. */
  readonly maxBeta?: number;
}

/**
 * ᾱ_t = f(t) / f(0) with f(t) = cos²(π/2 · (t/T + s) / (1 + s)), by β_t = 1 − ᾱ_t / ᾱ_(t−1): slower at
 * both ends than `linearNoise`.
 *
 * @see Nichol & Dhariwal 2021, Improved Denoising Diffusion Probabilistic Models, eq. 17.
 */
export function cosineNoise(options: CosineNoiseOptions = {}): NoiseSchedule {
  const { steps = 1000, offset = 0.008, maxBeta = 0.999 } = options;
  requireSteps("cosineNoise", steps);
  const f = (t: number): number => {
    return Math.cos(((t / steps + offset) / (1 + offset)) * (Math.PI / 2)) ** 2;
  };
  const betas = Array.from({ length: steps }, (_, i) => Math.min(maxBeta, 1 - f(i + 1) / f(i)));
  return noiseSchedule(betas);
}
