// Noise added to images, and images out of focus.

import { add, div, maximum, mul, sub } from "../ops/binary.ts";
import { arange } from "../ops/creation.ts";
import { matmul } from "../ops/matmul.ts";
import { defaultGenerator } from "../ops/random.ts";
import { sum } from "../ops/sum.ts";
import { exp, square } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  Draws,
  type ImageTransform,
  type RandomOptions,
  boundsOf,
  imageTransform,
  requireNumber,
} from "./imageTransform.ts";

/** Options of `gaussianNoise`. */
export interface GaussianNoiseOptions extends RandomOptions {
  /** Standard deviation, or bounds within which each image has its own. */
  readonly deviation: number | readonly [low: number, high: number];
}

/** Normal noise added to every number. */
export function gaussianNoise(options: GaussianNoiseOptions): ImageTransform {
  const { deviation, generator = defaultGenerator } = options;
  const bounds = boundsOf("gaussianNoise", "deviation", onePoint(deviation), 0);
  return imageTransform("gaussianNoise", (x) => {
    const own = new Draws(x, options).between(bounds);
    return add(x, mul(generator.normal(x.shape), own));
  });
}

/** Options of `gaussianBlur`. */
export interface GaussianBlurOptions extends RandomOptions {
  /** Standard deviation of the blur in pixels, or bounds within which each image has its own. */
  readonly sigma: number | readonly [low: number, high: number];
  /** Of each image to be blurred at all. Default 1. */
  readonly probability?: number;
}

/** Below this a blur changes nothing. */
const SHARP = 1e-3;

/**
 * Each image blurred by a Gaussian. Beyond its edges an image is its own mirror image.
 *
 *   y = K_h x K_wᵀ,  K[i, j] ∝ exp(−(i − j)² / 2σ²) and the same for j's images in both mirrors
 */
export function gaussianBlur(options: GaussianBlurOptions): ImageTransform {
  const { sigma, probability = 1 } = options;
  requireNumber("gaussianBlur", "probability", probability, 0, 1);
  const bounds = boundsOf("gaussianBlur", "sigma", onePoint(sigma), 0);
  return imageTransform("gaussianBlur", (x) => {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const draws = new Draws(x, options);
    const drawn = maximum(draws.between(bounds), SHARP);
    const own = probability < 1 ? where(draws.chance(probability), drawn, SHARP) : drawn;
    const rows = matmul(kernels(own, height), reshape(x, [batch, height, width * channels]));
    const across = reshape(kernels(own, width), [batch, 1, width, width]);
    return matmul(across, reshape(rows, x.shape));
  });
}

/** A matrix per image that blurs an axis, `[batch, length, length]`. */
function kernels(sigma: Tensor, length: number): Tensor {
  const i = reshape(arange(length), [1, length, 1]);
  const j = reshape(arange(length), [1, 1, length]);
  const scale = div(-0.5, square(reshape(sigma, [-1, 1, 1])));
  const weight = (distance: Tensor): Tensor => exp(mul(square(distance), scale));
  const sumOfTwo = add(i, j);
  const mirrored = add(weight(add(sumOfTwo, 1)), weight(add(sumOfTwo, 1 - 2 * length)));
  const all = add(weight(sub(i, j)), mirrored);
  return div(all, sum(all, 2, { keepDims: true }));
}

function onePoint(
  given: number | readonly [low: number, high: number],
): readonly [low: number, high: number] {
  return typeof given === "number" ? [given, given] : given;
}
