// Images turned, scaled and moved, by bilinear interpolation.

import { add, div, mul, sub } from "../ops/binary.ts";
import { arange } from "../ops/creation.ts";
import { cos, sin } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import {
  Draws,
  type ImageTransform,
  type RandomOptions,
  type Span,
  boundsOf,
  imageTransform,
} from "./imageTransform.ts";
import { type Outside, between } from "./pixelsAt.ts";

/** Options of `randomAffine`. */
export interface RandomAffineOptions extends RandomOptions {
  /** Turned counterclockwise by so many degrees. Default 0. */
  readonly degrees?: Span;
  /** Enlarged so many times; bounds, both positive. Default [1, 1]. */
  readonly scale?: readonly [low: number, high: number];
  /** Moved down and to the right by so many pixels, drawn for each direction. Default 0. */
  readonly shift?: Span;
  /** What comes in from outside. Default 0. */
  readonly outside?: Outside;
}

/**
 * Each image turned and scaled about its middle, and moved.
 *
 *   row    = cy + (sin θ · u + cos θ · v) / scale,   u, v = column and row from the moved middle
 *   column = cx + (cos θ · u − sin θ · v) / scale
 *
 * @throws {UsageError} for bounds that are not in order.
 */
export function randomAffine(options: RandomAffineOptions): ImageTransform {
  const { outside = 0 } = options;
  const degrees = boundsOf("randomAffine", "degrees", options.degrees ?? 0);
  const scales = boundsOf("randomAffine", "scale", options.scale ?? [1, 1], 1e-6);
  const shift = boundsOf("randomAffine", "shift", options.shift ?? 0);
  return imageTransform("randomAffine", (x) => {
    const [batch, height, width] = x.shape as [number, number, number];
    const draws = new Draws(x, options);
    const one = [batch, 1, 1];
    const angle = reshape(mul(draws.between(degrees), Math.PI / 180), one);
    const scale = reshape(draws.between(scales), one);
    const [cy, cx] = [(height - 1) / 2, (width - 1) / 2];
    const v = sub(
      reshape(arange(-cy, height - cy), [1, height, 1]),
      reshape(draws.between(shift), one),
    );
    const u = sub(
      reshape(arange(-cx, width - cx), [1, 1, width]),
      reshape(draws.between(shift), one),
    );
    const [c, s] = [div(cos(angle), scale), div(sin(angle), scale)];
    const row = add(add(mul(s, u), mul(c, v)), cy); // [batch, height, width]
    const column = add(sub(mul(c, u), mul(s, v)), cx);
    return between(x, row, column, outside);
  });
}

/** Options of `randomRotation`. */
export interface RandomRotationOptions extends RandomOptions {
  /** Counterclockwise. */
  readonly degrees: Span;
  /** What comes in from outside. Default 0. */
  readonly outside?: Outside;
}

/** Each image turned about its middle. */
export function randomRotation(options: RandomRotationOptions): ImageTransform {
  return randomAffine(options);
}
