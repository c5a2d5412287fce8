// Gradient descent with momentum.

import { Optimizer, type UpdateRule } from "./optimizer.ts";

/**
 * a ← μ·a + g; p ← p − η·a, or with Nesterov's look-ahead p ← p − η·(μ·a + g). h = (η, μ, nesterov).
 *
 * @see Sutskever et al. 2013, On the importance of initialization and momentum.
 */
export const MOMENTUM_RULE: UpdateRule = {
  name: "momentum",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let a = params.h.y * s[i] + g;
  s[i] = a;
  p[i] -= params.h.x * select(a, params.h.y * a + g, params.h.z > 0.0);
}`,
  slots: ["accumulatedMomentum"],
};

/** Options of `Momentum`. */
export interface MomentumOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly useNesterov?: boolean;
}

export class Momentum extends Optimizer {
  learningRate: number;
  momentum: number;
  readonly useNesterov: boolean;

  constructor(options: MomentumOptions) {
    super(MOMENTUM_RULE);
    this.learningRate = options.learningRate;
    this.momentum = options.momentum;
    this.useNesterov = options.useNesterov ?? false;
  }

  protected hyperparameters(): readonly [number, number, number, number] {
    return [this.learningRate, this.momentum, this.useNesterov ? 1 : 0, 0];
  }
}
