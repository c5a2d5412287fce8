// A pull of softmax's normaliser towards one.

import { logSumExp } from "../ops/reduce.ts";
import { square } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossOptions, reduceLoss } from "./lossReduction.ts";

/**
 * (log Σ_c exp(logitsₙ_c))²: keeps logits from drifting away together, which softmax does not see and
 * rounding does. Weights around 10⁻⁴ are usual.
 *
 * @param logits  `[…, classes]` f32.
 * @returns       scalar, or `[…]` with `reduction: "none"`.
 * @see Chowdhery et al. 2022, PaLM: Scaling Language Modeling with Pathways, §5.
 */
export function zLoss(logits: Tensor, options: LossOptions = {}): Tensor {
  return reduceLoss(square(logSumExp(logits, -1)), options);
}
