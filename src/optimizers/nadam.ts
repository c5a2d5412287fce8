// NAdam: Adam with Nesterov's look-ahead.

import { AdamFamily, type AdamOptions } from "./adam.ts";
import type { UpdateRule } from "./optimizer.ts";

/**
 * μₜ = β₁·(1 − ½·0.96^(t·ψ)); π ← π·μₜ; m and v as in Adam; with v̂ = v/(1 − β₂ᵗ)
 *
 *   p ← p − η · [(1 − μₜ)/(1 − π)·g + μₜ₊₁/(1 − π·μₜ₊₁)·m] / (√v̂ + ε).
 *
 * PyTorch 1 has π·μₜ·μₜ₊₁ for π·μₜ₊₁, which counts μₜ twice: an option, to reproduce its runs.
 *
 * h = (η, β₁, β₂, ε), k = (log β₁, log β₂, ψ, μₜ twice). π = Π μᵢ is kept beside the moments, so that a parameter that misses a
 * gradient keeps its own.
 *
 * @see Dozat 2016, Incorporating Nesterov Momentum into Adam.
 */
export const NADAM_RULE: UpdateRule = {
  name: "nadam",
  wgsl: `fn momentumAt(step: f32) -> f32 {
  const LOG_DECAY = -0.040821994520255166;  // log 0.96
  return params.h.y * (1.0 - 0.5 * exp(LOG_DECAY * step * params.k.z));
}
fn update(i: u32, g: vec4<f32>) {
  let m = params.h.y * s[i] + (1.0 - params.h.y) * g;
  let v = params.h.z * t[i] + (1.0 - params.h.z) * g * g;
  let now = momentumAt(state[0]);
  let next = momentumAt(state[0] + 1.0);
  let product = r[i] * now;
  s[i] = m;
  t[i] = v;
  r[i] = product;
  let vHat = v * (1.0 / decayed(params.k.y, state[0]));
  let coming = product * next * select(1.0, now, params.k.w > 0.0);
  let ahead = (1.0 - now) / (1.0 - product) * g + next / (1.0 - coming) * m;
  p[i] -= params.h.x * ahead / (sqrt(vHat) + params.h.w);
}`,
  slots: ["m", "v", "momentumProduct"],
  initial: [0, 0, 1],
};

/** Options of `NAdam`. */
export interface NAdamOptions extends AdamOptions {
  /** ψ. Default 0.004. */
  readonly momentumDecay?: number;
  /** Counts μₜ twice in the look-ahead, as PyTorch 1 does. Default false, the paper's formula. */
  readonly countTwice?: boolean;
}

/** Adam with Nesterov's momentum. See `NADAM_RULE`. */
export class NAdam extends AdamFamily {
  momentumDecay: number;
  readonly countTwice: boolean;

  /** @param options  the learning rate is 0.002 by default. */
  constructor(options: NAdamOptions = {}) {
    super(NADAM_RULE, { ...options, learningRate: options.learningRate ?? 0.002 });
    this.momentumDecay = options.momentumDecay ?? 0.004;
    this.countTwice = options.countTwice ?? false;
  }

  protected override hyperparameters(): readonly number[] {
    return [...super.hyperparameters(), this.momentumDecay, this.countTwice ? 1 : 0];
  }
}
