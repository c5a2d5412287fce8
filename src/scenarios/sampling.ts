// Drawing tokens from what a language model expects.

import { UsageError } from "../errors.ts";
import { div, greater, less, lessEqual, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { arange } from "../ops/creation.ts";
import { takeAlongAxis } from "../ops/elements.ts";
import type { Generator } from "../ops/random.ts";
import { argMax, max } from "../ops/reduce.ts";
import { cumSum } from "../ops/scan.ts";
import { softmax } from "../ops/softmax.ts";
import { topK as largest } from "../ops/sort.ts";
import { broadcastTo, sum } from "../ops/sum.ts";
import { squeeze } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Which tokens may come, and how likely. */
export interface SamplingOptions {
  /** Divides the logits: below 1 likely tokens get likelier; 0 takes the likeliest. Default 1. */
  readonly temperature?: number;
  /** Only so many of the likeliest tokens. Default: all. */
  readonly topK?: number;
  /** The fewest likeliest tokens, of those that `topK` leaves, that have this probability. Default 1. */
  readonly topP?: number;
}

/** What may come. */
export interface TokenProbabilities {
  /** `[batch, K]`; where `topK` or `topP` is set, largest first, and 0 for what is left out. */
  readonly probabilities: Tensor;
  /** `[batch, K]` i32: whose they are. */
  readonly codes: Tensor;
}

/** @throws {UsageError} unless the options are numbers of their kind. */
export function requireSampling(op: string, options: SamplingOptions): void {
  const { temperature = 1, topK = 1, topP = 1 } = options;
  const refuse = (rule: string, got: number): never => {
    throw new UsageError(op, rule, { got: `${got}` });
  };
  if (!(temperature >= 0 && temperature < Infinity)) {
    refuse("temperature must be 0 or a positive number", temperature);
  }
  if (!(Number.isInteger(topK) && topK >= 1)) refuse("topK must be a positive integer", topK);
  if (!(topP > 0 && topP <= 1)) refuse("topP must be in (0, 1]", topP);
}

/**
 * The probabilities of the tokens that sampling options leave.
 *
 *   p ∝ softmax(logits / temperature), of the K likeliest, of these the fewest with Σ p ≥ topP
 *
 * @param logits   `[batch, vocabulary]`.
 * @param options  with a temperature above 0.
 * @see Fan et al. 2018, Hierarchical Neural Story Generation (top-k); Holtzman et al. 2020, The Curious
 *      Case of Neural Text Degeneration (top-p).
 */
export function tokenProbabilities(
  logits: Tensor,
  options: SamplingOptions = {},
): TokenProbabilities {
  requireSampling("tokenProbabilities", options);
  const { temperature = 1, topK, topP = 1 } = options;
  const [batch, vocabulary] = logits.shape as [number, number];
  const scaled = div(logits, temperature);
  if (topK === undefined && topP === 1) {
    const codes = broadcastTo(arange(0, vocabulary, 1, "i32"), [batch, vocabulary]);
    return { probabilities: softmax(scaled), codes };
  }
  const { values, indices: codes } = largest(scaled, Math.min(topK ?? Infinity, vocabulary));
  const all = softmax(values);
  if (topP === 1) return { probabilities: all, codes };
  const before = sub(cumSum(all), all);
  const kept = where(less(before, topP), all, 0);
  return { probabilities: div(kept, sum(kept, -1, { keepDims: true })), codes };
}

/**
 * A token for each row, i32 `[batch]`: the likeliest at temperature 0, else one by chance.
 *
 * @param logits     `[batch, vocabulary]`.
 * @param generator  gives a number per row, also for temperature 0.
 */
export function sampleTokens(
  logits: Tensor,
  options: SamplingOptions,
  generator: Generator,
): Tensor {
  const batch = logits.shape[0] as number;
  const chance = generator.uniform([batch, 1]);
  if (options.temperature === 0) return argMax(logits, -1);
  const { probabilities, codes } = tokenProbabilities(logits, options);
  const sums = cumSum(probabilities);
  // Rounding may make sums grow over tokens without probability: those must not be drawn.
  const total = max(where(greater(probabilities, 0), sums, 0), -1, { keepDims: true });
  const passed = cast(lessEqual(sums, mul(chance, total)), "i32");
  return squeeze(takeAlongAxis(codes, sum(passed, -1, { keepDims: true })), -1);
}
