// Learning rates as functions of the step.

import { UsageError } from "../errors.ts";

/**
 * A learning rate, or another of an optimizer's numbers, for each step, counted from 0:
 * `optimizer.learningRate = schedule(step)` before the step. Compiled steps follow it as they are.
 */
export type Schedule = (step: number) => number;

/** @throws {UsageError} unless the number is an integer from `least` on. */
export function requireSteps(op: string, name: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new UsageError(op, `${name} must be an integer from ${least} on`, { got: `${value}` });
}

/** η(t) = rate. */
export function constantRate(rate: number): Schedule {
  return () => rate;
}

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
  requireSteps("cosineDecay", "steps", steps);
  return (step) => {
    const progress = Math.min(1, step / steps);
    return final + 0.5 * (initial - final) * (1 + Math.cos(Math.PI * progress));
  };
}

/** Options of `cosineRestarts`. */
export interface CosineRestartsOptions {
  readonly initial: number;
  /** Steps of the first period. */
  readonly steps: number;
  /** How many times longer each period is than the one before: a whole number. Default 1. */
  readonly factor?: number;
  /** What every period comes down to. Default 0. */
  readonly final?: number;
}

/**
 * `cosineDecay` again and again: η(t) = final + ½ (initial − final) (1 + cos(π t′ / T′)), with t′ steps since
 * the last restart, and T′ = steps · factorⁱ in period i. A restart's first step has `initial`.
 *
 * @see Loshchilov & Hutter 2017, SGDR, equation 5; PyTorch's `CosineAnnealingWarmRestarts`.
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const { initial, steps, factor = 1, final = 0 } = options;
  requireSteps("cosineRestarts", "steps", steps);
  requireSteps("cosineRestarts", "factor", factor);
  return (step) => {
    let [since, length] = [step, steps];
    while (since >= length) {
      since -= length;
      length *= factor;
    }
    return cosineDecay({ initial, steps: length, final })(since);
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
  requireSteps("stepDecay", "every", every);
  return (step) => initial * factor ** Math.floor(step / every);
}

/** Options of `piecewiseConstant`. */
export interface PiecewiseConstantOptions {
  /** Steps at which the next rate begins, rising. */
  readonly boundaries: readonly number[];
  /** One more than boundaries. */
  readonly rates: readonly number[];
}

/**
 * η(t) = ratesᵢ with i the number of boundaries ≤ t, so that a rate holds from its boundary on, as in PyTorch's
 * `MultiStepLR`.
 *
 * @throws {UsageError} unless boundaries rise, and rates are one more.
 */
export function piecewiseConstant(options: PiecewiseConstantOptions): Schedule {
  const { boundaries, rates } = options;
  const isRising = boundaries.every((at, i) => i === 0 || at > (boundaries[i - 1] as number));
  if (!isRising || rates.length !== boundaries.length + 1) {
    throw new UsageError(
      "piecewiseConstant",
      "boundaries must rise, with one rate more than them",
      {
        got: `boundaries ${boundaries.join(", ")} and rates ${rates.join(", ")}`,
      },
    );
  }
  return (step) => rates[boundaries.filter((at) => at <= step).length] as number;
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

/** Options of `polynomialDecay`. */
export interface PolynomialDecayOptions {
  readonly initial: number;
  /** Steps until the rate is `final`; it stays there. */
  readonly steps: number;
  /** Default 1: a straight line. */
  readonly power?: number;
  /** Default 0. */
  readonly final?: number;
}

/** η(t) = final + (initial − final) (1 − t / steps)^power. */
export function polynomialDecay(options: PolynomialDecayOptions): Schedule {
  const { initial, steps, power = 1, final = 0 } = options;
  requireSteps("polynomialDecay", "steps", steps);
  return (step) => final + (initial - final) * Math.max(0, 1 - step / steps) ** power;
}

/** Options of `inverseSquareRoot`. */
export interface InverseSquareRootOptions {
  /** The largest rate, that of the last step of the rise. */
  readonly peak: number;
  /** Steps of the rise. */
  readonly warmupSteps: number;
}

/**
 * η(t) = peak · min((t + 1) / w, √(w / (t + 1))) with w = warmupSteps: a rise in a straight line, then a fall
 * with the root of the steps. Transformers had peak = 1 / √(d · w).
 *
 * @see Vaswani et al. 2017, Attention Is All You Need, §5.3.
 */
export function inverseSquareRoot({ peak, warmupSteps }: InverseSquareRootOptions): Schedule {
  requireSteps("inverseSquareRoot", "warmupSteps", warmupSteps);
  return (step) => {
    const share = (step + 1) / warmupSteps;
    return peak * Math.min(share, 1 / Math.sqrt(share));
  };
}

/**
 * A schedule that begins with a rise in a straight line: for t < steps η(t) = (t + 1)/steps · η₀,
 * where η₀ is what `schedule` begins with, and `schedule` from there on.
 *
 * @see Goyal et al. 2017, Accurate, Large Minibatch SGD, §2.2.
 */
export function warmup(schedule: Schedule, steps: number): Schedule {
  requireSteps("warmup", "steps", steps, 0);
  const first = schedule(0);
  return (step) => (step < steps ? ((step + 1) / steps) * first : schedule(step - steps));
}
