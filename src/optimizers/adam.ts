// Adam.

import { Optimizer, type UpdateRule } from "./optimizer.ts";

/**
 * m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²;
 * p ← p − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε). h = (η, β₁, β₂, ε).
 *
 * @see Kingma & Ba 2015, Adam, algorithm 1.
 */
export const ADAM_RULE: UpdateRule = {
  name: "adam",
  // 1 − βᵗ by repeated squaring: pow() is too rough where βᵗ is near 1.
  wgsl: `fn power(base: f32, exponent: f32) -> f32 {
  var result = 1.0;
  var square = base;
  for (var n = u32(exponent); n > 0u; n /= 2u) {
    if ((n & 1u) == 1u) { result *= square; }
    square *= square;
  }
  return result;
}
fn update(i: u32, g: vec4<f32>) {
  let m = params.h.y * s[i] + (1.0 - params.h.y) * g;
  let v = params.h.z * t[i] + (1.0 - params.h.z) * g * g;
  s[i] = m;
  t[i] = v;
  let mHat = m / (1.0 - power(params.h.y, state[0]));
  let vHat = v / (1.0 - power(params.h.z, state[0]));
  p[i] -= params.h.x * mHat / (sqrt(vHat) + params.h.w);
}`,
  slots: ["m", "v"],
};

/** Options of `Adam`. */
export interface AdamOptions {
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export class Adam extends Optimizer {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;

  constructor(options: AdamOptions = {}) {
    super(ADAM_RULE);
    this.learningRate = options.learningRate ?? 0.001;
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-8;
  }

  protected hyperparameters(): readonly [number, number, number, number] {
    return [this.learningRate, this.beta1, this.beta2, this.epsilon];
  }
}
