// Which attention kernels run. Pure, so that it can be tested.

import type { AdapterClass } from "../gpu/adapter.ts";

/** One attention, repeated over a batch (heads included). */
export interface AttentionProblem {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  /** Elements of a query and a key. */
  readonly depth: number;
  /** Elements of a value. */
  readonly valueDepth: number;
  /** Whether a gradient may be asked for: the backward pass then reads what the forward pass kept. */
  readonly isDifferentiated: boolean;
  /** Whether a gradient for the mask is wanted: only whole rows of scores give it. */
  readonly isMaskWatched: boolean;
}

/** How an attention runs. */
export interface AttentionPlan {
  /**
   * "plain": two products around a softmax. "block", "tiled": fused, without scores in memory, for
   * software and for GPUs. "kept": fused, for software, with weights in memory for the gradients.
   */
  readonly kernel: "plain" | "block" | "kept" | "tiled";
  /** Fused kernels: elements that rows of q, k, v and y are padded to, a multiple of 4. */
  readonly depth: number;
}

/** The longest rows that the fused kernels hold. */
const MAX_DEPTH = 128;

/** Fewest keys that fill the fused kernels' tiles. */
const FEWEST_KEYS: Readonly<Record<AdapterClass, number>> = { gpu: 64, software: 16 };

/** Weights that a software adapter may keep for the backward pass: 32 MiB, and as much in it. */
const MOST_SCORES = 2 ** 23;

/**
 * The plan for an attention. Short sequences run as two matmuls around a softmax. Long ones are
 * fused: nothing of size queries × keys is kept, for which the backward pass computes the scores
 * twice more. On software adapters arithmetic is the cost: there a training step keeps the weights
 * unless they would fill the memory.
 */
export function planAttention(
  problem: AttentionProblem,
  adapterClass: AdapterClass,
): AttentionPlan {
  const { batch, queries, keys, isDifferentiated, isMaskWatched } = problem;
  const depth = Math.ceil(Math.max(problem.depth, problem.valueDepth, 1) / 4) * 4;
  const isLong = keys >= FEWEST_KEYS[adapterClass] && queries >= 8;
  const isLarge = batch * queries * keys > MOST_SCORES;
  const isFused = (isLong || isLarge) && depth <= MAX_DEPTH && !isMaskWatched;
  if (!isFused) return { kernel: "plain", depth };
  if (adapterClass === "gpu") return { kernel: "tiled", depth };
  return { kernel: isDifferentiated && !isLarge ? "kept" : "block", depth };
}
