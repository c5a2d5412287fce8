// RAdam: Adam that takes its adaptive step only once the variance of that step is bounded.

import { AdamFamily, type AdamOptions } from "./adam.ts";
import type { UpdateRule } from "./optimizer.ts";

/**
 * m and v as in Adam, m̂ = m/(1 − β₁ᵗ), ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2t·β₂ᵗ/(1 − β₂ᵗ).
 * If ρₜ > 5, then with l = √(1 − β₂ᵗ)/(√v + ε)
 *
 *   p ← p − η · m̂ · l · √((ρₜ − 4)(ρₜ − 2)·ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)·ρₜ)),
 *
 * else p ← p − η·m̂. h = (η, β₁, β₂, ε), k = (log β₁, log β₂, ρ∞, ρ∞ − 2/−log β₂).
 *
 * ρₜ is the difference of two numbers near ρ∞, of which f32 would leave little: with x = −t·log β₂
 * and 2/(eˣ − 1) = 2/x − 1 + φ(x) it is (ρ∞ − 2/−log β₂) + t − t·φ(x), and φ(x) = coth(x/2) − 2/x is
 * small where x is.
 *
 * @see Liu et al. 2020, On the Variance of the Adaptive Learning Rate and Beyond, algorithm 2.
 */
export const RADAM_RULE: UpdateRule = {
  name: "radam",
  wgsl: `fn phi(x: f32) -> f32 {
  if (x > 1.0) { return 1.0 + 2.0 / (exp(x) - 1.0) - 2.0 / x; }
  let square = x * x;
  return x * (1.0 / 6.0 - square * (1.0 / 360.0 - square * (1.0 / 15120.0 - square / 604800.0)));
}
fn update(i: u32, g: vec4<f32>) {
  let step = state[0];
  let m = params.h.y * s[i] + (1.0 - params.h.y) * g;
  let v = params.h.z * t[i] + (1.0 - params.h.z) * g * g;
  s[i] = m;
  t[i] = v;
  let mHat = m * (1.0 / decayed(params.k.x, step));
  let limit = params.k.z;
  let rho = params.k.w + step - step * phi(-step * params.k.y);
  if (rho <= 5.0) {
    p[i] -= params.h.x * mHat;
    return;
  }
  let part = (rho - 4.0) * (rho - 2.0) / rho;
  let rectified = sqrt(part / ((limit - 4.0) * (limit - 2.0) / limit));
  let adaptive = sqrt(decayed(params.k.y, step)) / (sqrt(v) + params.h.w);
  p[i] -= params.h.x * rectified * mHat * adaptive;
}`,
  slots: ["m", "v"],
};

/** Adam whose first steps do without its second moment. See `RADAM_RULE`. */
export class RAdam extends AdamFamily {
  constructor(options: AdamOptions = {}) {
    super(RADAM_RULE, options);
  }

  protected override hyperparameters(): readonly number[] {
    const limit = 2 / (1 - this.beta2) - 1;
    const rate = -Math.log(this.beta2);
    return [...super.hyperparameters(), limit, limit - 2 / rate];
  }
}
