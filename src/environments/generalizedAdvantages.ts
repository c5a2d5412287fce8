// How much better actions were than expected.

import { ShapeError, UsageError } from "../errors.ts";

/** What happened in N environments over T steps; every array is `[T, N]`, row by row. */
export interface Experience {
  readonly rewards: ArrayLike<number>;
  /** V(s). */
  readonly values: ArrayLike<number>;
  /** V(s′), where s′ is what the action led to: the last observation where the episode ended. */
  readonly nextValues: ArrayLike<number>;
  /** Not 0 where the episode came to an end of its own: what follows is worth nothing. */
  readonly terminated: ArrayLike<number>;
  /** Not 0 where it was cut off: s′ has its value, but the next step is of another episode. */
  readonly truncated: ArrayLike<number>;
}

/** Options of `generalizedAdvantages`. */
export interface AdvantageOptions {
  /** N. Default 1. */
  readonly environments?: number;
  /** γ. Default 0.99. */
  readonly discount?: number;
  /** λ: 0 trusts the values, 1 the rewards. Default 0.95. */
  readonly lambda?: number;
}

/** Both `[T, N]`. */
export interface Advantages {
  readonly advantages: Float32Array<ArrayBuffer>;
  /** A + V: what the values should have been, the TD(λ) returns. */
  readonly returns: Float32Array<ArrayBuffer>;
}

/**
 * Generalized advantage estimates.
 *
 *   δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)          Aₜ = δₜ + γ λ Aₜ₊₁          Rₜ = Aₜ + V(sₜ)
 *
 * V(sₜ₊₁) is 0 after an end; Aₜ₊₁ is 0 after an end or a cut, and after the last step.
 *
 * @throws {ShapeError} if the arrays are not all `[T, N]`.
 * @throws {UsageError} if γ or λ lie outside [0, 1].
 * @see Schulman et al. 2016, High-Dimensional Continuous Control Using Generalized Advantage Estimation,
 * equation 16.
 */
export function generalizedAdvantages(
  experience: Experience,
  options: AdvantageOptions = {},
): Advantages {
  const { environments = 1, discount = 0.99, lambda = 0.95 } = options;
  const { rewards, values, nextValues, terminated, truncated } = experience;
  const { length } = rewards;
  requireRows(experience, environments);
  for (const [name, value] of Object.entries({ discount, lambda })) {
    if (value >= 0 && value <= 1) continue;
    throw new UsageError("generalizedAdvantages", `${name} must lie in [0, 1]`, {
      got: `${value}`,
    });
  }
  const advantages = new Float32Array(length);
  const returns = new Float32Array(length);
  const later = new Float64Array(environments);
  for (let i = length - 1; i >= 0; i--) {
    const n = i % environments;
    const value = values[i] as number;
    const goesOn = terminated[i] === 0 ? 1 : 0;
    const isSame = goesOn && truncated[i] === 0 ? 1 : 0;
    const delta = (rewards[i] as number) + discount * goesOn * (nextValues[i] as number) - value;
    const advantage = delta + discount * lambda * isSame * (later[n] as number);
    later[n] = advantage;
    advantages[i] = advantage;
    returns[i] = advantage + value;
  }
  return { advantages, returns };
}

function requireRows(experience: Experience, environments: number): void {
  const { length } = experience.rewards;
  const isWhole = environments >= 1 && length % environments === 0;
  if (isWhole && Object.values(experience).every((one) => one.length === length)) return;
  const lengths = Object.entries(experience).map(([name, one]) => `${name} ${one.length}`);
  throw new ShapeError("generalizedAdvantages", "the arrays must all be [T, environments]", {
    got: `${lengths.join(", ")} for ${environments} environments`,
  });
}
