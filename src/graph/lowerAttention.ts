// Attention in terms of products and softmax.

import type { Attention } from "../ops/attentionLayout.ts";
import { add, greater, greaterEqual, mul } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { arange } from "../ops/creation.ts";
import { matmul } from "../ops/matmul.ts";
import { softmax } from "../ops/softmax.ts";
import { reshape } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A score that leaves nothing in a softmax. */
const NEVER = -1e30;

/** Below this a mask says that a pair may not attend. */
const LEAST = -3e38;

/** softmax(scores + mask) over the last axis; zeros for a query that may attend to no key. */
export function lowerWeights([given]: readonly Tensor[], job: Attention): Tensor {
  const { mask, isCausal, queries, keys } = job;
  let scores = given as Tensor;
  const allowed: Tensor[] = [];
  if (mask?.dtype === "f32") {
    allowed.push(greater(mask, LEAST));
    scores = add(scores, where(allowed[0] as Tensor, mask, 0));
  } else if (mask !== undefined) allowed.push(mask);
  if (isCausal) {
    const [rows, columns] = [reshape(arange(0, queries), [queries, 1]), arange(0, keys)];
    allowed.push(greaterEqual(rows, columns));
  }
  for (const one of allowed) scores = where(one, scores, NEVER);
  const p = softmax(scores);
  return allowed.reduce((kept, one) => mul(kept, cast(one, "f32")), p);
}

/** softmax(scale · q kᵀ + mask) v. */
export function lowerAttention([q, k, v]: readonly Tensor[], job: Attention): Tensor {
  const scores = matmul(mul(q as Tensor, job.scale), k as Tensor, { transposeB: true });
  return matmul(lowerWeights([scores], job), v as Tensor);
}
