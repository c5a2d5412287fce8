// Lion: the sign of an interpolated momentum.

import { Optimizer, type OptimizerOptions, type UpdateRule } from "./optimizer.ts";

/**
 * p ← p·(1 − η·λ) − η·sign(β₁·m + (1 − β₁)·g); m ← β₂·m + (1 − β₂)·g. h = (η, β₁, β₂).
 *
 * @see Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, algorithm 2.
 */
export const LION_RULE: UpdateRule = {
  name: "lion",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let u = sign(params.h.y * s[i] + (1.0 - params.h.y) * g);
  s[i] = params.h.z * s[i] + (1.0 - params.h.z) * g;
  p[i] = p[i] * (1.0 - params.h.x * params.weightDecay) - params.h.x * u;
}`,
  slots: ["m"],
  isDecoupled: true,
};

/** Options of `Lion`; its weight decay is decoupled. */
export interface LionOptions extends OptimizerOptions {
  /** Default 0.0001. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.99. */
  readonly beta2?: number;
}

export class Lion extends Optimizer {
  learningRate: number;
  beta1: number;
  beta2: number;

  constructor(options: LionOptions = {}) {
    super(LION_RULE, options);
    this.learningRate = options.learningRate ?? 1e-4;
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.99;
  }

  protected hyperparameters(): readonly number[] {
    return [this.learningRate, this.beta1, this.beta2];
  }
}
