// LAMB: Adam's direction, with a step as long as the layer's weights ask for.

import { assign } from "../ops/assign.ts";
import { div, equal, logicalOr, mul, sub } from "../ops/binary.ts";
import { lateScalar } from "../ops/creation.ts";
import { sum } from "../ops/sum.ts";
import { sqrt, square } from "../ops/unary.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { AdamFamily, type AdamOptions } from "./adam.ts";
import type { UpdateRule } from "./optimizer.ts";

/**
 * m and v as in Adam; u = m̂/(√v̂ + ε) + λ·p; then for each parameter p ← p − η · ‖p‖/‖u‖ · u, where a
 * norm of 0 makes the ratio 1. h = (η, β₁, β₂, ε), k = (log β₁, log β₂). The rule finds u, `finish` takes the step: norms need
 * all of a parameter.
 *
 * @see You et al. 2020, Large Batch Optimization for Deep Learning, algorithm 2.
 */
export const LAMB_RULE: UpdateRule = {
  name: "lamb",
  wgsl: `fn update(i: u32, g: vec4<f32>) {
  let m = params.h.y * s[i] + (1.0 - params.h.y) * g;
  let v = params.h.z * t[i] + (1.0 - params.h.z) * g * g;
  s[i] = m;
  t[i] = v;
  let mHat = m * (1.0 / decayed(params.k.x, state[0]));
  let vHat = v * (1.0 / decayed(params.k.y, state[0]));
  r[i] = mHat / (sqrt(vHat) + params.h.w) + params.weightDecay * p[i];
}`,
  slots: ["m", "v", "direction"],
  isDecoupled: true,
  isLate: true,
};

const normOf = (x: Tensor): Tensor => sqrt(sum(square(x)));

/** Adam with steps as long as their parameter, layer by layer. See `LAMB_RULE`. */
export class LAMB extends AdamFamily {
  /** @param options  ε is 1e-6 by default, and weight decay 0. */
  constructor(options: AdamOptions = {}) {
    super(LAMB_RULE, { ...options, epsilon: options.epsilon ?? 1e-6 });
  }

  protected override finish(parameter: Variable, slots: readonly Variable[]): void {
    const u = slots[2] as Variable;
    const [length, stride] = [normOf(parameter), normOf(u)];
    const isFree = logicalOr(equal(length, 0), equal(stride, 0));
    const ratio = where(isFree, 1, div(length, where(isFree, 1, stride)));
    const rate = lateScalar(() => this.learningRate);
    assign(parameter, sub(parameter, mul(u, mul(ratio, rate))));
  }
}
