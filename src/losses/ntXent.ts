// The contrastive loss of pairs of embeddings.

import { ShapeError, shapeText } from "../errors.ts";
import { add, equal, mod, mul } from "../ops/binary.ts";
import { arange } from "../ops/creation.ts";
import { matmul } from "../ops/matmul.ts";
import { concat } from "../ops/slice.ts";
import { softmaxCrossEntropy } from "../ops/softmax.ts";
import { l2Normalize } from "../ops/statistics.ts";
import { expandDims } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type LossOptions,
  reduceLoss,
  requirePositive,
  requireSameShape,
} from "./lossReduction.ts";

/** Options of `ntXent`. */
export interface NtXentOptions extends LossOptions {
  /** τ: the smaller, the more the most similar ones of the others count. Default 0.5. */
  readonly temperature?: number;
}

/** What stands for −∞ among logits. */
const NEVER = -1e9;

/**
 * Cross-entropy of finding each embedding's partner among the 2N − 1 others by cosine similarity, in nats:
 *
 *   lossᵢ = −log( exp(cos(zᵢ, z_p(i))/τ) / Σ_{k≠i} exp(cos(zᵢ, z_k)/τ) ),  z = [first; second]
 *
 * where p(i) is the same row of the other matrix.
 *
 * @param first   `[N, n]` f32: embeddings of one view of each example.
 * @param second  of the same shape: those of another view.
 * @returns       scalar, or `[2N]` with `reduction: "none"`.
 * @throws {ShapeError} unless both are matrices of one shape.
 * @throws {UsageError} unless the temperature is positive.
 * @see Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual Representations, eq. 1.
 */
export function ntXent(first: Tensor, second: Tensor, options: NtXentOptions = {}): Tensor {
  const { temperature = 0.5 } = options;
  requirePositive("ntXent", "temperature", temperature);
  requireSameShape("ntXent", first, second, ["first", "second"]);
  if (first.rank !== 2) {
    throw new ShapeError("ntXent", "embeddings must be [N, n]", {
      got: shapeText(first.shape),
      remedy: "Flatten them, or average over positions.",
    });
  }
  const count = first.shape[0] as number;
  const z = l2Normalize(concat([first, second], 0), -1); // [2N, n]
  const similarity = mul(matmul(z, z, { transposeB: true }), 1 / temperature);
  const places = arange(0, 2 * count, 1, "i32");
  const logits = where(equal(places, expandDims(places, 1)), NEVER, similarity);
  const partners = mod(add(places, count), 2 * count);
  return reduceLoss(softmaxCrossEntropy(logits, partners), options);
}
