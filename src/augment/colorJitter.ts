// Brightness, contrast, saturation and hue of images, changed by chance.

import { UsageError } from "../errors.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { tensor } from "../ops/creation.ts";
import { matmul } from "../ops/matmul.ts";
import { mean, sum } from "../ops/sum.ts";
import { clip, cos, sin } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  Draws,
  type ImageTransform,
  type RandomOptions,
  imageTransform,
  requireNumber,
} from "./imageTransform.ts";

/** Options of `colorJitter`. */
export interface ColorJitterOptions extends RandomOptions {
  /** The image times a factor in [1 − b, 1 + b]. Default 0. */
  readonly brightness?: number;
  /** The distance from the image's mean grey times a factor in [1 − c, 1 + c]. Default 0. */
  readonly contrast?: number;
  /** The distance from each pixel's grey times a factor in [1 − s, 1 + s]. Default 0. */
  readonly saturation?: number;
  /** Colours turned by up to so many turns, at most ½, about the axis of greys. Default 0. */
  readonly hue?: number;
  /** Bounds that results are clipped to; null for none, after a `normalize` say. Default [0, 1]. */
  readonly range?: readonly [low: number, high: number] | null;
}

/** Weights of red, green and blue in grey: ITU-R BT.601. */
const GREY = [0.299, 0.587, 0.114];

/** In-phase and quadrature of YIQ, and what each adds to red, green and blue. */
const IN_PHASE = [0.5959, -0.2746, -0.3213];
const QUADRATURE = [0.2115, -0.5227, 0.3112];
const FROM_IN_PHASE = [0.95605023, -0.27205234, -1.10670432];
const FROM_QUADRATURE = [0.62075494, -0.64720571, 1.70442128];

/**
 * Each image with other brightness, contrast, saturation and hue, in this order. Saturation and hue are of
 * images with three channels; the contrast of others is about the mean of all channels.
 *
 * @throws {UsageError} for factors that could be negative, and for hues of images that have none.
 */
export function colorJitter(options: ColorJitterOptions): ImageTransform {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0, range = [0, 1] } = options;
  for (const [name, value] of Object.entries({ brightness, contrast, saturation })) {
    requireNumber("colorJitter", name, value, 0, 1);
  }
  requireNumber("colorJitter", "hue", hue, 0, 0.5);
  const needsColor = saturation > 0 || hue > 0;
  return imageTransform("colorJitter", (x) => {
    if (needsColor && x.shape[3] !== 3) {
      const got = `${x.shape[3]} channels`;
      throw new UsageError("colorJitter", "saturation and hue need three channels", { got });
    }
    const draws = new Draws(x, options);
    const kept = (y: Tensor): Tensor =>
      range === null ? y : clip(y, { min: range[0], max: range[1] });
    /** From `from` to `y` and as far beyond, by a factor per image. */
    const blend = (y: Tensor, from: Tensor, width: number): Tensor =>
      kept(add(from, mul(sub(y, from), draws.between([1 - width, 1 + width]))));
    let y = x;
    if (brightness > 0) y = kept(mul(y, draws.between([1 - brightness, 1 + brightness])));
    if (contrast > 0) y = blend(y, mean(greyOf(y), [1, 2, 3], { keepDims: true }), contrast);
    if (saturation > 0) y = blend(y, greyOf(y), saturation);
    if (hue > 0) y = kept(turned(y, mul(draws.between([-hue, hue]), 2 * Math.PI)));
    return y;
  });
}

/** `[batch, height, width, 1]`. */
function greyOf(x: Tensor): Tensor {
  if (x.shape[3] !== 3) return mean(x, -1, { keepDims: true });
  return sum(mul(x, tensor(GREY)), -1, { keepDims: true });
}

/**
 * Colours turned by an angle per image in the plane of equal grey:
 * grey + cos θ (x − grey) + sin θ J x, where J turns by a right angle.
 */
function turned(x: Tensor, angle: Tensor): Tensor {
  const rightAngle = IN_PHASE.map((i, k) => {
    const q = QUADRATURE[k] as number;
    return FROM_IN_PHASE.map((from, c) => i * (FROM_QUADRATURE[c] as number) - q * from);
  });
  const grey = greyOf(x);
  const along = mul(cos(angle), sub(x, grey));
  return add(add(grey, along), mul(sin(angle), matmul(x, tensor(rightAngle))));
}
