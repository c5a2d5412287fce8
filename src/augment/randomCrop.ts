// Windows of images, and images moved within their frame.

import { ShapeError, shapeText } from "../errors.ts";
import {
  Draws,
  type ImageTransform,
  type RandomOptions,
  imageTransform,
  requireNumber,
} from "./imageTransform.ts";
import { type Outside, windowsAt } from "./pixelsAt.ts";

/** One number for height and width, or one each. */
export type Extent = number | readonly [height: number, width: number];

const extentOf = (given: Extent): readonly [number, number] =>
  typeof given === "number" ? [given, given] : given;

/** Options of `randomCrop`. */
export interface RandomCropOptions extends RandomOptions {
  /** Height and width of the window. Default: those of the image. */
  readonly size?: Extent;
  /** Pixels added on each side first. Default 0. */
  readonly padding?: Extent;
  /** What is added. Default 0. */
  readonly outside?: Outside;
}

/**
 * A window of each padded image, anywhere in it with equal probability.
 *
 * @throws {ShapeError} if the window is larger than the padded image.
 */
export function randomCrop(options: RandomCropOptions): ImageTransform {
  const { padding = 0, outside = 0 } = options;
  const [above, beside] = extentOf(padding);
  for (const pixels of [above, beside]) requireNumber("randomCrop", "padding", pixels, 0);
  return imageTransform("randomCrop", (x) => {
    const [, rows, columns] = x.shape as [number, number, number];
    const size = extentOf(options.size ?? [rows, columns]);
    const room = [rows + 2 * above - size[0], columns + 2 * beside - size[1]] as const;
    if (!(size[0] >= 1 && size[1] >= 1 && room[0] >= 0 && room[1] >= 0)) {
      throw new ShapeError("randomCrop", "the window must fit into the padded image", {
        got: `${size[0]} × ${size[1]} for ${shapeText(x.shape)} with ${above}, ${beside} around`,
      });
    }
    const draws = new Draws(x, options);
    const top = draws.whole(-above, room[0] - above);
    const left = draws.whole(-beside, room[1] - beside);
    return windowsAt(x, top, left, size, outside);
  });
}

/** Options of `randomShift`. */
export interface RandomShiftOptions extends RandomOptions {
  /** At most so many pixels up, down and to each side. */
  readonly pixels: Extent;
  /** What comes in. Default 0. */
  readonly outside?: Outside;
}

/** Each image moved by whole pixels. */
export function randomShift(options: RandomShiftOptions): ImageTransform {
  const { pixels: padding, ...rest } = options;
  return randomCrop({ ...rest, padding });
}
