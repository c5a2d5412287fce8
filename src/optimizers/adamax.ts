// Adamax: Adam with the infinity norm.

import { AdamFamily, type AdamOptions } from "./adam.ts";
import type { UpdateRule } from "./optimizer.ts";

/**
 * m ← β₁·m + (1 − β₁)·g; u ← max(β₂·u, |g| + ε); p ← p − η/(1 − β₁ᵗ) · m/u. h = (η, β₁, β₂, ε), k = (log β₁).
 *
 * @see Kingma & Ba 2015, Adam, algorithm 2; ε keeps u from 0.
 */
export const ADAMAX_RULE: UpdateRule = {
  name: "adamax",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let m = params.h.y * s[i] + (1.0 - params.h.y) * g;
  let u = max(params.h.z * t[i], abs(g) + params.h.w);
  s[i] = m;
  t[i] = u;
  p[i] -= params.h.x / decayed(params.k.x, state[0]) * m / u;
}`,
  slots: ["m", "u"],
};

/** Adam by the largest gradient, not the mean square. See `ADAMAX_RULE`. */
export class Adamax extends AdamFamily {
  /** @param options  the learning rate is 0.002 by default. */
  constructor(options: AdamOptions = {}) {
    super(ADAMAX_RULE, { ...options, learningRate: options.learningRate ?? 0.002 });
  }
}
