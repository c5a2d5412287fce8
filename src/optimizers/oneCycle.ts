// The one-cycle schedule.

import { UsageError } from "../errors.ts";
import { type Schedule, requireSteps } from "./schedules.ts";

/** Options of `oneCycle`. */
export interface OneCycleOptions {
  /** The rate in the middle of the cycle. */
  readonly peak: number;
  /** Steps of the whole cycle; afterwards the rate stays at `final`. */
  readonly steps: number;
  /** The first step's rate. Default: peak / 25. */
  readonly initial?: number;
  /** The last step's rate. Default: initial / 10,000. */
  readonly final?: number;
  /** Share of the steps until the peak, in (0, 1). Default 0.3. */
  readonly rise?: number;
  /** How rates go from one to the next. Default "cosine". */
  readonly shape?: "cosine" | "linear";
  /** Back from the peak to `initial` in as many steps, and only then to `final`. Default false. */
  readonly isSymmetric?: boolean;
}

/** From one step and rate to another. */
interface Leg {
  readonly end: number;
  readonly to: number;
}

/**
 * A rate that goes up once and comes down below where it began: from `initial` to `peak` at step rise · steps − 1,
 * then to `final` at the last step, by half a cosine or in a straight line. With `isSymmetric` it is at `initial`
 * again at step 2 · rise · steps − 2, as in the paper. Steps and defaults are those of PyTorch's `OneCycleLR`.
 *
 *     oneCycle({ peak: 0.1, steps })
 *     oneCycle({ peak: 0.85, initial: 0.95, final: 0.95, steps })   // for the momentum, the other way round
 *
 * @throws {UsageError} unless `steps` is positive and `rise` leaves steps before and after the peak.
 * @see Smith & Topin 2018, Super-Convergence.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { peak, steps, initial = peak / 25, rise = 0.3, isSymmetric = false } = options;
  const { final = initial / 1e4, shape = "cosine" } = options;
  requireSteps("oneCycle", "steps", steps);
  const top = rise * steps - 1;
  const legs: readonly Leg[] = [
    { end: top, to: peak },
    ...(isSymmetric ? [{ end: 2 * top, to: initial }] : []),
    { end: steps - 1, to: final },
  ];
  if (!legs.every(({ end }, i) => end > (legs[i - 1]?.end ?? 0))) {
    throw new UsageError("oneCycle", "rise must leave steps before and after the peak", {
      got: `${rise} of ${steps} steps`,
    });
  }
  return (step) => {
    let [start, from] = [0, initial];
    for (const { end, to } of legs) {
      if (step <= end) {
        const share = (step - start) / (end - start);
        const part = shape === "linear" ? share : (1 - Math.cos(Math.PI * share)) / 2;
        return from + (to - from) * part;
      }
      [start, from] = [end, to];
    }
    return from;
  };
}
