// Peak signal-to-noise ratio of images.

import { mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { mean } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { log, square } from "../ops/unary.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ImageOptions, requireImages } from "./images.ts";
import { Mean } from "./mean.ts";
import type { Metric } from "./metric.ts";
import { requirePositive } from "./requirements.ts";

/**
 * Mean over images of the peak signal-to-noise ratio, in decibels.
 *
 *   PSNR = 10 · log₁₀(L² / MSE), with the MSE over all pixels and channels of an image
 *
 * Infinite if an image is the same as its target.
 *
 * @see Huynh-Thu & Ghanbari 2008, Scope of validity of PSNR in image/video quality assessment.
 */
export class PSNR implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #dataRange: number;
  readonly #mean: Mean = new Mean();

  constructor(options: ImageOptions = {}) {
    const { dataRange = 1, name = "psnr" } = options;
    requirePositive("PSNR", "dataRange", dataRange);
    this.name = name;
    this.#dataRange = dataRange;
  }

  reset(): void {
    this.#mean.reset();
  }

  /**
   * @param predictions  `[batch, height, width, channels]`.
   * @param targets      the same.
   * @throws {ShapeError} unless both have one such shape.
   */
  update(predictions: Tensor, targets: Tensor): void {
    requireImages("PSNR", predictions, targets);
    untaped(() =>
      scope(() => {
        const difference = sub(cast(predictions, "f32"), cast(targets, "f32"));
        const error = mean(square(mul(difference, 1 / this.#dataRange)), [1, 2, 3]);
        this.#mean.update(mul(log(error), -10 / Math.LN10));
      }),
    );
  }

  result(): Promise<number> {
    return this.#mean.result();
  }
}
