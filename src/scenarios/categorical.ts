// What a training step asks of a policy: how likely actions were, and how open it is.

import { mul } from "../ops/binary.ts";
import { oneHot } from "../ops/oneHot.ts";
import { logSoftmax } from "../ops/softmax.ts";
import { sum } from "../ops/sum.ts";
import { exp } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Of each row of logits. */
export interface Categorical {
  /** log π(a | s), `[R]`. */
  readonly logProbabilities: Tensor;
  /** −Σₐ π(a | s) log π(a | s) in nats, `[R]`. */
  readonly entropy: Tensor;
}

/**
 * Log-probabilities of actions under softmax(logits), and its entropy.
 *
 * @param logits   `[R, actions]`.
 * @param actions  `[R]` i32.
 */
export function categorical(logits: Tensor, actions: Tensor): Categorical {
  const all = logSoftmax(logits);
  const chosen = oneHot(actions, logits.shape.at(-1) as number);
  return {
    logProbabilities: sum(mul(all, chosen), -1),
    entropy: mul(sum(mul(exp(all), all), -1), -1),
  };
}
