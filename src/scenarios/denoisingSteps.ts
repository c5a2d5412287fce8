// The steps back from noise to an example, as numbers.

import { UsageError } from "../errors.ts";
import type { NoiseSchedule } from "./noiseSchedule.ts";

/** A step from t to an earlier s: x₀ = scale·x − share·ε, then x ← ofExample·x₀ + ofX·x + sigma·z. */
export interface DenoisingStep {
  /** From 0 on. */
  readonly t: number;
  readonly scale: number;
  readonly share: number;
  readonly ofExample: number;
  readonly ofX: number;
  readonly sigma: number;
}

/**
 * `steps` of a schedule's, evenly spread, its last one first; after the last of them, t = 0 or more, comes
 * the example. As ε = (x − √ᾱ_t·x₀) / √(1 − ᾱ_t), what would be of it is of x and x₀.
 *
 * @throws {UsageError} if the schedule has fewer steps.
 */
export function denoisingSteps(
  { alphaBars }: NoiseSchedule,
  steps: number,
  eta: number,
): DenoisingStep[] {
  const all = alphaBars.length;
  if (steps > all) {
    throw new UsageError("DiffusionSample", `steps must be at most the schedule's ${all}`, {
      got: `${steps}`,
    });
  }
  const places = Array.from({ length: steps }, (_, i) => Math.round(((i + 1) * all) / steps) - 1);
  const found = places.map((t, i): DenoisingStep => {
    const here = alphaBars[t] as number;
    const before = i === 0 ? 1 : (alphaBars[places[i - 1] as number] as number);
    const variance = (eta ** 2 * (1 - before) * (1 - here / before)) / (1 - here);
    const ofX = Math.sqrt(Math.max(0, 1 - before - variance) / (1 - here));
    return {
      t,
      scale: 1 / Math.sqrt(here),
      share: Math.sqrt((1 - here) / here),
      ofExample: Math.sqrt(before) - ofX * Math.sqrt(here),
      ofX,
      sigma: Math.sqrt(variance),
    };
  });
  return found.reverse();
}
