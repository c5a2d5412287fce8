// Gradient descent with momentum.

import { Optimizer, type OptimizerOptions, type UpdateRule } from "./optimizer.ts";

/**
 * a ← μ·a + (1 − τ)·g, and a ← g in the first step; p ← p − η·a, or with Nesterov's look-ahead
 * p ← p − η·(μ·a + g). h = (η, μ, nesterov, τ).
 *
 * @see Sutskever et al. 2013, On the importance of initialization and momentum.
 */
export const MOMENTUM_RULE: UpdateRule = {
  name: "momentum",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let part = select(1.0 - params.h.w, 1.0, state[0] == 1.0);
  let a = params.h.y * s[i] + part * g;
  s[i] = a;
  p[i] -= params.h.x * select(a, params.h.y * a + g, params.h.z > 0.0);
}`,
  slots: ["accumulatedMomentum"],
};

/** Options of `Momentum`. */
export interface MomentumOptions extends OptimizerOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly useNesterov?: boolean;
  /** τ: how much less than all of a gradient is added, after the first. Default 0. */
  readonly dampening?: number;
}

export class Momentum extends Optimizer {
  learningRate: number;
  momentum: number;
  readonly useNesterov: boolean;
  dampening: number;

  constructor(options: MomentumOptions) {
    super(MOMENTUM_RULE, options);
    this.learningRate = options.learningRate;
    this.momentum = options.momentum;
    this.useNesterov = options.useNesterov ?? false;
    this.dampening = options.dampening ?? 0;
  }

  protected hyperparameters(): readonly number[] {
    return [this.learningRate, this.momentum, this.useNesterov ? 1 : 0, this.dampening];
  }
}
