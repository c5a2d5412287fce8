// Adagrad.

import { Optimizer, type OptimizerOptions, type UpdateRule } from "./optimizer.ts";

/**
 * a ← a + g²; p ← p − η/(1 + (t − 1)·δ) · g/(√a + ε). h = (η, δ, ε).
 *
 * @see Duchi et al. 2011, Adaptive Subgradient Methods.
 */
export const ADAGRAD_RULE: UpdateRule = {
  name: "adagrad",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let a = s[i] + g * g;
  s[i] = a;
  let rate = params.h.x / (1.0 + (state[0] - 1.0) * params.h.y);
  p[i] -= rate * g / (sqrt(a) + params.h.z);
}`,
  slots: ["accumulator"],
};

/** Options of `Adagrad`. */
export interface AdagradOptions extends OptimizerOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** δ. Default 0. */
  readonly learningRateDecay?: number;
  /** What a starts at. Default 0. */
  readonly initialAccumulator?: number;
  /** Default 1e-10. */
  readonly epsilon?: number;
}

export class Adagrad extends Optimizer {
  learningRate: number;
  learningRateDecay: number;
  epsilon: number;

  constructor(options: AdagradOptions = {}) {
    super({ ...ADAGRAD_RULE, initial: [options.initialAccumulator ?? 0] }, options);
    this.learningRate = options.learningRate ?? 0.01;
    this.learningRateDecay = options.learningRateDecay ?? 0;
    this.epsilon = options.epsilon ?? 1e-10;
  }

  protected hyperparameters(): readonly number[] {
    return [this.learningRate, this.learningRateDecay, this.epsilon];
  }
}
