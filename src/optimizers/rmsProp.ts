// RMSProp.

import { Optimizer, type OptimizerOptions, type UpdateRule } from "./optimizer.ts";

/**
 * v ← ρ·v + (1 − ρ)·g²; if centered, c ← ρ·c + (1 − ρ)·g and d = v − c², else d = v;
 * b ← μ·b + η·g/√(d + ε), or with ε outside the root b ← μ·b + η·g/(√d + ε); p ← p − b.
 * h = (η, ρ, μ, ε), k = (centered, ε outside). Rounding must not make the variance d negative.
 *
 * @see Tieleman & Hinton 2012, Lecture 6.5; Graves 2013, Generating Sequences with Recurrent Neural
 *      Networks, §4.2 (centered).
 */
export const RMSPROP_RULE: UpdateRule = {
  name: "rmsProp",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let rho = params.h.y;
  let v = rho * t[i] + (1.0 - rho) * g * g;
  let c = params.k.x * (rho * r[i] + (1.0 - rho) * g);
  let d = max(v - c * c, vec4(0.0));
  let inside = sqrt(d + params.h.w);
  let root = select(inside, sqrt(d) + params.h.w, params.k.y > 0.0);
  let b = params.h.z * s[i] + params.h.x * g / root;
  s[i] = b;
  t[i] = v;
  r[i] = c;
  p[i] -= b;
}`,
  slots: ["momentum", "rms", "mean"],
};

/** Options of `RMSProp`. */
export interface RMSPropOptions extends OptimizerOptions {
  readonly learningRate: number;
  /** ρ. Default 0.9. */
  readonly decay?: number;
  /** μ. Default 0. */
  readonly momentum?: number;
  /** Default 1e-10. */
  readonly epsilon?: number;
  /** Divides by the standard deviation of the gradient, not its root mean square. Default false. */
  readonly centered?: boolean;
  /** Where ε is added: to the square, as in TensorFlow, or to its root, as in PyTorch. */
  readonly epsilonPlace?: "insideRoot" | "outsideRoot";
}

/** RMSProp. By default ε is inside the root. */
export class RMSProp extends Optimizer {
  learningRate: number;
  decay: number;
  momentum: number;
  epsilon: number;
  readonly centered: boolean;
  readonly epsilonPlace: "insideRoot" | "outsideRoot";

  constructor(options: RMSPropOptions) {
    super(RMSPROP_RULE, options);
    this.learningRate = options.learningRate;
    this.decay = options.decay ?? 0.9;
    this.momentum = options.momentum ?? 0;
    this.epsilon = options.epsilon ?? 1e-10;
    this.centered = options.centered ?? false;
    this.epsilonPlace = options.epsilonPlace ?? "insideRoot";
  }

  protected hyperparameters(): readonly number[] {
    const { learningRate, decay, momentum, epsilon, centered, epsilonPlace } = this;
    const isOutside = epsilonPlace === "outsideRoot";
    return [learningRate, decay, momentum, epsilon, centered ? 1 : 0, isOutside ? 1 : 0];
  }
}
