// Structural similarity of images.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { conv } from "../ops/conv.ts";
import { tensor } from "../ops/creation.ts";
import { concat, split } from "../ops/slice.ts";
import { mean } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { square } from "../ops/unary.ts";
import { contiguous, reshape, transpose } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ImageOptions, requireImages } from "./images.ts";
import { Mean } from "./mean.ts";
import type { Metric } from "./metric.ts";
import { requirePositive } from "./requirements.ts";

/** Options of `SSIM`. */
export interface SSIMOptions extends ImageOptions {
  /** Odd side of the window, in pixels. Default 11. */
  readonly windowSize?: number;
  /** Standard deviation of the window, in pixels. Default 1.5. */
  readonly sigma?: number;
}

/**
 * Mean structural similarity of images, at most 1, within Gaussian windows that lie in the image:
 *
 *   SSIM = (2·μₓμᵧ + C₁)(2·σₓᵧ + C₂) / ((μₓ² + μᵧ² + C₁)(σₓ² + σᵧ² + C₂)), C₁ = (0.01·L)², C₂ = (0.03·L)²
 *
 * averaged over windows and channels, then over images.
 *
 * @see Wang et al. 2004, Image Quality Assessment: From Error Visibility to Structural Similarity.
 */
export class SSIM implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #dataRange: number;
  readonly #weights: Float32Array;
  readonly #mean: Mean = new Mean();

  constructor(options: SSIMOptions = {}) {
    const { dataRange = 1, windowSize = 11, sigma = 1.5, name = "ssim" } = options;
    requirePositive("SSIM", "dataRange", dataRange);
    requirePositive("SSIM", "sigma", sigma);
    if (!Number.isInteger(windowSize) || windowSize % 2 !== 1 || windowSize < 1) {
      throw new UsageError("SSIM", "windowSize must be an odd number", { got: `${windowSize}` });
    }
    this.name = name;
    this.#dataRange = dataRange;
    this.#weights = gaussian(windowSize, sigma);
  }

  reset(): void {
    this.#mean.reset();
  }

  /**
   * @param predictions  `[batch, height, width, channels]`, no side shorter than the window.
   * @param targets      the same.
   * @throws {ShapeError} unless both have one such shape.
   */
  update(predictions: Tensor, targets: Tensor): void {
    requireImages("SSIM", predictions, targets);
    const [batch, height, width, channels] = targets.shape as [number, number, number, number];
    const side = this.#weights.length;
    if (height < side || width < side) {
      throw new ShapeError("SSIM", "images must be as large as the window", {
        got: `${shapeText(targets.shape)} for a window of ${side}`,
        remedy: "Pass a smaller { windowSize }.",
      });
    }
    if (targets.size === 0) return;
    untaped(() =>
      scope(() => {
        const planes = (x: Tensor): Tensor => {
          const first = contiguous(transpose(cast(x, "f32"), [0, 3, 1, 2]));
          const scaled = mul(first, 1 / this.#dataRange);
          return reshape(scaled, [batch * channels, height, width, 1]);
        };
        const values = this.#similarity(planes(predictions), planes(targets));
        this.#mean.update(mean(reshape(values, [batch, values.size / batch]), 1));
      }),
    );
  }

  result(): Promise<number> {
    return this.#mean.result();
  }

  /** SSIM in every window of `[planes, height, width, 1]` with L = 1. */
  #similarity(x: Tensor, y: Tensor): Tensor {
    const [planes, side] = [x.shape[0] as number, this.#weights.length];
    // Variances are differences of squares: those of pixels near 0 lose least.
    const center = mean(y, [1, 2, 3], { keepDims: true });
    const [a, b] = [sub(x, center), sub(y, center)];
    const moments = concat([a, b, square(a), square(b), mul(a, b)]);
    const down = tensor(this.#weights, { shape: [side, 1, 1, 1] });
    const across = tensor(this.#weights, { shape: [1, side, 1, 1] });
    const smooth = conv(conv(moments, down, { padding: "valid" }), across, { padding: "valid" });
    const parts = split(smooth, [planes, planes, planes, planes, planes]);
    const [ma, mb, aa, bb, ab] = parts as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const [mx, my] = [add(ma, center), add(mb, center)];
    const covariance = sub(ab, mul(ma, mb));
    const variances = add(sub(aa, square(ma)), sub(bb, square(mb)));
    const luminance = ratio(mul(mul(mx, my), 2), add(square(mx), square(my)), 0.01 ** 2);
    return mul(luminance, ratio(mul(covariance, 2), variances, 0.03 ** 2));
  }
}

/** (a + c) / (b + c). */
function ratio(a: Tensor, b: Tensor, c: number): Tensor {
  return div(add(a, c), add(b, c));
}

/** Weights of a window along one axis; their sum is 1. */
function gaussian(size: number, sigma: number): Float32Array {
  const weights = Array.from({ length: size }, (_, i) => {
    return Math.exp(-(((i - (size - 1) / 2) / sigma) ** 2) / 2);
  });
  const total = weights.reduce((a, b) => a + b, 0);
  return Float32Array.from(weights, (weight) => weight / total);
}
