// What a grid world is worth, exactly.

import { UsageError } from "../errors.ts";
import type { GridWorld } from "./gridWorld.ts";

/** What is known of each place. */
export interface PlaceValues {
  /** The best discounted sum of rewards from each place on; 0 at walls and ends. */
  readonly values: Float64Array;
  /** The action that gets it, the first of equal ones. */
  readonly policy: Int32Array;
}

/** Sweeps that must do. */
const MAX_SWEEPS = 100_000;

/**
 * The optimal values of a grid world and a policy that reaches them.
 *
 *   V(s) ← maxₐ Σ p(s′, r | s, a) (r + γ V(s′)) until nothing changes by more than `tolerance`
 *
 * @param discount   γ in [0, 1].
 * @param tolerance  default 1e-10.
 * @throws {UsageError} if it does not settle: γ = 1 and steps that pay.
 * @see Sutton & Barto 2018, Reinforcement Learning, §4.4.
 */
export function valueIteration(world: GridWorld, discount: number, tolerance = 1e-10): PlaceValues {
  const count = world.rows * world.columns;
  const values = new Float64Array(count);
  const policy = new Int32Array(count);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let change = 0;
    for (let place = 0; place < count; place++) {
      if ("#GT".includes(world.at(place))) continue;
      const worths = [0, 1, 2, 3].map((action) => worth(world, values, place, action, discount));
      const best = Math.max(...worths);
      change = Math.max(change, Math.abs(best - (values[place] as number)));
      values[place] = best;
      policy[place] = worths.indexOf(best);
    }
    if (change <= tolerance) return { values, policy };
  }
  throw new UsageError("valueIteration", "the values must settle", {
    got: `changes after ${MAX_SWEEPS} sweeps`,
    remedy: "Use a discount below 1, or a stepReward of at most 0.",
  });
}

/** Q(s, a) = Σ p(s′, r | s, a) (r + γ V(s′)). */
function worth(
  world: GridWorld,
  values: Float64Array,
  place: number,
  action: number,
  discount: number,
): number {
  return world.outcomes(place, action).reduce((sum, outcome) => {
    const rest = outcome.terminated ? 0 : discount * (values[outcome.place] as number);
    return sum + outcome.probability * (outcome.reward + rest);
  }, 0);
}
