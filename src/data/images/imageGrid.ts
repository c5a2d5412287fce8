// Many small images as one, to be looked at.

import { DataError } from "../../errors.ts";
import type { HostArray } from "../hostArray.ts";
import type { Pixels } from "./pixels.ts";

/** Pixels as a page's `ImageData` takes them. */
export interface RgbaPixels extends Pixels {
  readonly channels: 4;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** Options of `imageGrid`. */
export interface ImageGridOptions {
  /** What is black and what is white. Default: [0, 255] for u8, [0, 1] for others. */
  readonly range?: readonly [black: number, white: number];
  /** Transparent pixels between images. Default 2. */
  readonly gap?: number;
}

/**
 * Images side by side, row after row; what a last row lacks is transparent.
 *
 * @param images   `[N, height, width, channels]` of one channel (grey), three or four.
 * @param columns  images in a row.
 * @throws {DataError} if the array is not one of images, or there is no column.
 */
export function imageGrid(
  images: HostArray,
  columns: number,
  options: ImageGridOptions = {},
): RgbaPixels {
  const { gap = 2, range = images.dtype === "u8" ? [0, 255] : [0, 1] } = options;
  const [count = 0, height = 0, width = 0, channels = 0] = images.shape;
  if (images.shape.length !== 4 || ![1, 3, 4].includes(channels)) {
    throw new DataError("imageGrid", "images must be [N, height, width, 1, 3 or 4]", {
      got: `[${images.shape.join(", ")}]`,
    });
  }
  if (!Number.isInteger(columns) || columns < 1) {
    throw new DataError("imageGrid", "columns must be a positive integer", { got: `${columns}` });
  }
  const [black, white] = range;
  const byte = (at: number): number => {
    return (255 * ((images.data[at] as number) - black)) / (white - black);
  };
  const [across, down] = [Math.min(columns, count), Math.ceil(count / columns)];
  const length = (size: number, many: number): number => Math.max(0, many * (size + gap) - gap);
  const all = { width: length(width, across), height: length(height, down) };
  const data = new Uint8ClampedArray(all.width * all.height * 4);
  for (let pixel = 0; pixel < count * height * width; pixel++) {
    const [image, inside] = [Math.floor(pixel / (height * width)), pixel % (height * width)];
    const x = (image % columns) * (width + gap) + (inside % width);
    const y = Math.floor(image / columns) * (height + gap) + Math.floor(inside / width);
    const [from, to] = [pixel * channels, (y * all.width + x) * 4];
    for (let c = 0; c < 3; c++) data[to + c] = byte(from + (channels === 1 ? 0 : c));
    data[to + 3] = channels === 4 ? byte(from + 3) : 255;
  }
  return { ...all, channels: 4, data };
}
