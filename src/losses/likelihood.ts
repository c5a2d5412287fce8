// How unlikely examples are under what a decoder says of them.

import { UsageError } from "../errors.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { square } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { binaryCrossEntropyWithLogits } from "./binaryCrossEntropy.ts";
import { requireSameShape, sumPerExample } from "./lossReduction.ts";

/** From a decoder's outputs and examples, both `[batch, …]`, to −log p of each example, `[batch]`, in nats. */
export type NegativeLogLikelihood = (outputs: Tensor, examples: Tensor) => Tensor;

/**
 * Elements are 1 with probability σ(outputs), else 0; examples in between count as a mixture of both:
 *
 *   −log p(x) = −Σ [x·log σ(o) + (1 − x)·log(1 − σ(o))]
 *
 * @throws {ShapeError} if the shapes differ.
 */
export const bernoulliLikelihood: NegativeLogLikelihood = (outputs, examples) => {
  return sumPerExample(binaryCrossEntropyWithLogits(outputs, examples, { reduction: "none" }));
};

/** Options of `gaussianLikelihood`. */
export interface GaussianLikelihoodOptions {
  /** σ, the same for all elements. Default 1. */
  readonly deviation?: number;
}

/**
 * Elements are normal about the outputs:
 *
 *   −log p(x) = Σ [(x − o)² / 2σ² + log σ + ½ log 2π]
 *
 * @returns a function that throws `ShapeError` if the shapes differ.
 * @throws {UsageError} unless the deviation is positive.
 */
export function gaussianLikelihood(options: GaussianLikelihoodOptions = {}): NegativeLogLikelihood {
  const { deviation = 1 } = options;
  if (!(deviation > 0 && Number.isFinite(deviation))) {
    throw new UsageError("gaussianLikelihood", "deviation must be a positive number", {
      got: `${deviation}`,
    });
  }
  const constant = Math.log(deviation) + 0.5 * Math.log(2 * Math.PI);
  return (outputs, examples) => {
    requireSameShape("gaussianLikelihood", outputs, examples, ["outputs", "examples"]);
    const errors = square(sub(examples, outputs));
    return sumPerExample(add(mul(errors, 0.5 / deviation ** 2), constant));
  };
}
