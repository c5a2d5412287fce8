// Learning rates as functions of the step.

/** A learning rate for each step, counted from 0. */
export type Schedule = (step: number) => number;

/** Options of `cosineDecay`. */
export interface CosineDecayOptions {
  readonly initial: number;
  /** Steps until the rate is `final`; it stays there. */
  readonly steps: number;
  /** Default 0. */
  readonly final?: number;
}

/**
 * η(t) = final + ½ (initial − final) (1 + cos(π t / steps)).
 *
 * @see Loshchilov & Hutter 2017, SGDR.
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { initial, steps, final = 0 } = options;
  return (step) => {
    const progress = Math.min(1, step / steps);
    return final + 0.5 * (initial - final) * (1 + Math.cos(Math.PI * progress));
  };
}
