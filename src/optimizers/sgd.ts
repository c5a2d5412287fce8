// Stochastic gradient descent.

import { Optimizer, type OptimizerOptions, type UpdateRule } from "./optimizer.ts";

/** p ← p − η·g. h = (η). */
export const SGD_RULE: UpdateRule = {
  name: "sgd",
  wgsl: "fn update(i: u32, g: vec4<f32>) { p[i] -= params.h.x * g; }",
  slots: [],
};

/** Options of `SGD`. */
export interface SGDOptions extends OptimizerOptions {
  readonly learningRate: number;
}

/** Plain gradient descent. */
export class SGD extends Optimizer {
  learningRate: number;

  constructor(options: SGDOptions) {
    super(SGD_RULE, options);
    this.learningRate = options.learningRate;
  }

  protected hyperparameters(): readonly number[] {
    return [this.learningRate];
  }
}
