// Rectangles of images taken out, so that a model learns to do without.

import { type Operand, add, div, greaterEqual, less, logicalAnd, mul, sub } from "../ops/binary.ts";
import { UsageError } from "../errors.ts";
import { arange } from "../ops/creation.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { clip, exp, floor, round, sqrt } from "../ops/unary.ts";
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

/** Where a rectangle begins and how long it is, per image, in pixels. */
interface Sides {
  readonly start: Tensor;
  readonly length: Operand;
}

/** True within a rectangle of each image, `[batch, height, width, 1]`. */
export function rectangles(x: Tensor, rows: Sides, columns: Sides): Tensor {
  const [, height, width] = x.shape as [number, number, number];
  const within = (at: Tensor, { start, length }: Sides): Tensor =>
    logicalAnd(greaterEqual(at, start), less(at, add(start, length)));
  return logicalAnd(
    within(reshape(arange(height), [1, height, 1, 1]), rows),
    within(reshape(arange(width), [1, 1, width, 1]), columns),
  );
}

/** Options of `cutout`. */
export interface CutoutOptions extends RandomOptions {
  /** Side of the square, in pixels. */
  readonly size: number;
  /** What the square is filled with. Default 0. */
  readonly fill?: number;
}

/**
 * A square of each image filled. Its middle is any pixel, so part of it may lie outside.
 *
 * @see DeVries and Taylor 2017, Improved Regularization of Convolutional Neural Networks with Cutout.
 */
export function cutout(options: CutoutOptions): ImageTransform {
  const { size, fill = 0 } = options;
  if (!Number.isInteger(size) || size < 1) {
    throw new UsageError("cutout", "size must be a positive integer", { got: `${size}` });
  }
  return imageTransform("cutout", (x) => {
    const [, height, width] = x.shape as [number, number, number];
    const draws = new Draws(x, options);
    const side = (length: number): Sides => {
      const middle = floor(draws.between([0, length]));
      return { start: sub(middle, Math.floor(size / 2)), length: size };
    };
    return where(rectangles(x, side(height), side(width)), fill, x);
  });
}

/** Options of `randomErasing`. */
export interface RandomErasingOptions extends RandomOptions {
  /** Default 0.5. */
  readonly probability?: number;
  /** Bounds of the rectangle's part of the image. Default [0.02, 0.33]. */
  readonly area?: readonly [low: number, high: number];
  /** Bounds of height over width, drawn evenly by logarithm. Default [0.3, 3.3]. */
  readonly ratio?: readonly [low: number, high: number];
  /** What it is filled with; "noise" for standard normal numbers. Default 0. */
  readonly fill?: number | "noise";
}

/**
 * A rectangle in each image filled, with a probability: at least one pixel, and at most as long as the image.
 *
 * @see Zhong et al. 2020, Random Erasing Data Augmentation.
 */
export function randomErasing(options: RandomErasingOptions = {}): ImageTransform {
  const { probability = 0.5, fill = 0 } = options;
  requireNumber("randomErasing", "probability", probability, 0, 1);
  const area = boundsOf("randomErasing", "area", options.area ?? [0.02, 0.33], 0);
  const ratio = boundsOf("randomErasing", "ratio", options.ratio ?? [0.3, 3.3], 1e-6);
  const logRatio = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
  return imageTransform("randomErasing", (x) => {
    const [, height, width] = x.shape as [number, number, number];
    const draws = new Draws(x, options);
    const isErased = draws.chance(probability);
    const size = mul(draws.between(area), height * width);
    const proportion = exp(draws.between(logRatio));
    const side = (length: number, wanted: Tensor): Sides => {
      const own = clip(round(wanted), { min: 1, max: length });
      const room = sub(length + 1, own);
      return { start: floor(mul(draws.between([0, 1]), room)), length: own };
    };
    const rows = side(height, sqrt(mul(size, proportion)));
    const columns = side(width, sqrt(div(size, proportion)));
    const mask = logicalAnd(isErased, rectangles(x, rows, columns));
    return where(mask, fill === "noise" ? noiseLike(x, options.generator) : fill, x);
  });
}

function noiseLike(x: Tensor, generator: Generator = defaultGenerator): Tensor {
  return generator.normal(x.shape);
}
