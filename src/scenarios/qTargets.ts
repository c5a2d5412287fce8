// What values of actions should be.

import { add, mul, sub } from "../ops/binary.ts";
import { oneHot } from "../ops/oneHot.ts";
import { argMax, max } from "../ops/reduce.ts";
import { sum } from "../ops/sum.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The value of an action of each row. `values [R, actions]`, `actions [R]` i32 or u32. Returns `[R]`. */
export function valueOf(values: Tensor, actions: Tensor): Tensor {
  return sum(mul(values, oneHot(actions, values.shape.at(-1) as number)), -1);
}

/** What followed an action, `[R]` each. */
export interface Outcomes {
  readonly rewards: Tensor;
  /** 1 where the episode came to an end of its own, else 0. */
  readonly terminated: Tensor;
}

/**
 * r + γ (1 − terminated) Q̄(s′, a*), where a* has the highest of `choosing`, or of `values` itself.
 *
 * @param values    Q̄(s′, ·) of the target network, `[R, actions]`.
 * @param choosing  Q(s′, ·) of the network that learns: double Q-learning.
 * @returns         `[R]`.
 * @see van Hasselt, Guez & Silver 2016, Deep Reinforcement Learning with Double Q-learning.
 */
export function qTargets(
  { rewards, terminated }: Outcomes,
  values: Tensor,
  discount: number,
  choosing?: Tensor,
): Tensor {
  const best = choosing === undefined ? max(values, -1) : valueOf(values, argMax(choosing));
  return add(rewards, mul(mul(best, sub(1, terminated)), discount));
}
