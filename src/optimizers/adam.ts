// Adam, and AMSGrad.

import { Optimizer, type OptimizerOptions, type UpdateRule } from "./optimizer.ts";

/**
 * m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²;
 * p ← p − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε). h = (η, β₁, β₂, ε), k = (log β₁, log β₂).
 *
 * @see Kingma & Ba 2015, Adam, algorithm 1.
 */
export const ADAM_RULE: UpdateRule = {
  name: "adam",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let h = params.h;
  let m = h.y * s[i] + (1.0 - h.y) * g;
  let v = h.z * t[i] + (1.0 - h.z) * g * g;
  s[i] = m;
  t[i] = v;
  let rate = h.x / decayed(params.k.x, state[0]);
  let scale = 1.0 / decayed(params.k.y, state[0]);
  p[i] -= rate * m / (sqrt(v * scale) + h.w);
}`,
  slots: ["m", "v"],
};

/**
 * Adam with the largest v so far in the denominator: w ← max(w, v), and v̂ = w/(1 − β₂ᵗ).
 *
 * @see Reddi et al. 2018, On the Convergence of Adam and Beyond, algorithm 2.
 */
export const AMSGRAD_RULE: UpdateRule = {
  name: "amsgrad",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let m = params.h.y * s[i] + (1.0 - params.h.y) * g;
  let v = params.h.z * t[i] + (1.0 - params.h.z) * g * g;
  let w = max(r[i], v);
  s[i] = m;
  t[i] = v;
  r[i] = w;
  let mHat = m * (1.0 / decayed(params.k.x, state[0]));
  let vHat = w * (1.0 / decayed(params.k.y, state[0]));
  p[i] -= params.h.x * mHat / (sqrt(vHat) + params.h.w);
}`,
  slots: ["m", "v", "vMax"],
};

/** Options of `Adam` and its relatives. */
export interface AdamOptions extends OptimizerOptions {
  /** η. Default 0.001. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** The logarithm of a number as kernels have it, in f32. */
const logOf = (beta: number): number => Math.log(Math.fround(beta));

/** What Adam and its relatives share: η, β₁, β₂ and ε, in this order, then log β₁ and log β₂. */
export abstract class AdamFamily extends Optimizer {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;

  protected constructor(rule: UpdateRule, options: AdamOptions) {
    super(rule, options);
    this.learningRate = options.learningRate ?? 0.001;
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-8;
  }

  protected hyperparameters(): readonly number[] {
    const { learningRate, beta1, beta2, epsilon } = this;
    return [learningRate, beta1, beta2, epsilon, logOf(beta1), logOf(beta2)];
  }
}

/** Adam. `weightDecay` is a part of the gradient here; `AdamW` keeps the two apart. */
export class Adam extends AdamFamily {
  /** @param options  `amsgrad`: divide by the largest second moment so far. Default false. */
  constructor(options: AdamOptions & { readonly amsgrad?: boolean } = {}) {
    super(options.amsgrad === true ? AMSGRAD_RULE : ADAM_RULE, options);
  }
}
