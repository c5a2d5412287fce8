// Mirrored images.

import { flip } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import {
  Draws,
  type ImageTransform,
  type RandomOptions,
  imageTransform,
  requireNumber,
} from "./imageTransform.ts";

/** Options of `randomFlip`. */
export interface RandomFlipOptions extends RandomOptions {
  /** "horizontal" (the default) swaps left and right, "vertical" top and bottom. */
  readonly direction?: "horizontal" | "vertical";
  /** Default 0.5. */
  readonly probability?: number;
}

/** Each image mirrored with a probability. */
export function randomFlip(options: RandomFlipOptions = {}): ImageTransform {
  const { direction = "horizontal", probability = 0.5 } = options;
  requireNumber("randomFlip", "probability", probability, 0, 1);
  const axis = direction === "horizontal" ? 2 : 1;
  return imageTransform("randomFlip", (x) => {
    return where(new Draws(x, options).chance(probability), flip(x, axis), x);
  });
}
