// Adadelta.

import { Optimizer, type OptimizerOptions, type UpdateRule } from "./optimizer.ts";

/**
 * v ← ρ·v + (1 − ρ)·g²; Δ = √(d + ε)/√(v + ε) · g; d ← ρ·d + (1 − ρ)·Δ²; p ← p − η·Δ. h = (η, ρ, ε).
 *
 * @see Zeiler 2012, ADADELTA, algorithm 1.
 */
export const ADADELTA_RULE: UpdateRule = {
  name: "adadelta",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let rho = params.h.y;
  let v = rho * s[i] + (1.0 - rho) * g * g;
  let change = sqrt(t[i] + params.h.z) / sqrt(v + params.h.z) * g;
  s[i] = v;
  t[i] = rho * t[i] + (1.0 - rho) * change * change;
  p[i] -= params.h.x * change;
}`,
  slots: ["squares", "changes"],
};

/** Options of `Adadelta`. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Default 1, as in the paper. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly rho?: number;
  /** Default 1e-6. */
  readonly epsilon?: number;
}

export class Adadelta extends Optimizer {
  learningRate: number;
  rho: number;
  epsilon: number;

  constructor(options: AdadeltaOptions = {}) {
    super(ADADELTA_RULE, options);
    this.learningRate = options.learningRate ?? 1;
    this.rho = options.rho ?? 0.9;
    this.epsilon = options.epsilon ?? 1e-6;
  }

  protected hyperparameters(): readonly number[] {
    return [this.learningRate, this.rho, this.epsilon];
  }
}
