// Adam with decoupled weight decay.

import { ADAM_RULE, AMSGRAD_RULE, AdamFamily, type AdamOptions } from "./adam.ts";
import type { UpdateRule } from "./optimizer.ts";

function decoupled(rule: UpdateRule, name: string): UpdateRule {
  const decay = "p[i] *= 1.0 - params.h.x * params.weightDecay;";
  const signature = "fn update(i: u32, g: vec4<f32>) {";
  const wgsl = rule.wgsl.replace(signature, `${signature}\n  ${decay}`);
  return { ...rule, name, wgsl, isDecoupled: true };
}

/**
 * p ← p·(1 − η·λ), then Adam's step, whose moments see nothing of the decay. h and k as there.
 *
 * @see Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2.
 */
export const ADAMW_RULE: UpdateRule = /* @__PURE__ */ decoupled(ADAM_RULE, "adamW");

/** The same with the largest second moment so far. */
export const AMSGRADW_RULE: UpdateRule = /* @__PURE__ */ decoupled(AMSGRAD_RULE, "amsgradW");

/** Adam whose weight decay does not pass through its averages. See `ADAMW_RULE`. */
export class AdamW extends AdamFamily {
  /** @param options  `weightDecay` λ is 0.01 by default; `amsgrad` as for `Adam`. */
  constructor(options: AdamOptions & { readonly amsgrad?: boolean } = {}) {
    const rule = options.amsgrad === true ? AMSGRADW_RULE : ADAMW_RULE;
    super(rule, { ...options, weightDecay: options.weightDecay ?? 0.01 });
  }
}
