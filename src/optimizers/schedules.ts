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

/** Options of `stepDecay`. */
export interface StepDecayOptions {
  readonly initial: number;
  /** Steps between two drops. */
  readonly every: number;
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
}

/** η(t) = initial · factor^⌊t / every⌋. */
export function stepDecay(options: StepDecayOptions): Schedule {
  const { initial, every, factor = 0.1 } = options;
  return (step) => initial * factor ** Math.floor(step / every);
}

/** Options of `exponentialDecay`. */
export interface ExponentialDecayOptions {
  readonly initial: number;
  /** What the rate is multiplied by at every step. */
  readonly factor: number;
}

/** η(t) = initial · factorᵗ. */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  return (step) => options.initial * options.factor ** step;
}

/**
 * A schedule that begins with a rise in a straight line: for t < steps η(t) = (t + 1)/steps · η₀,
 * where η₀ is what `schedule` begins with, and `schedule` from there on.
 *
 * @see Goyal et al. 2017, Accurate, Large Minibatch SGD, §2.2.
 */
export function warmup(schedule: Schedule, steps: number): Schedule {
  const first = schedule(0);
  return (step) => (step < steps ? ((step + 1) / steps) * first : schedule(step - steps));
}
