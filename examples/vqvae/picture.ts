// Originals above their reconstructions, as one picture.

import type { Picture } from "../png.ts";

const SIDE = 28;
const GAP = 2;
const COLUMNS = 16;

/** Each pixel is drawn as a square of so many. */
const SCALE = 2;

/** Gray between the images. */
const PAPER = 96;

/**
 * @param rows  of images one after the other, as many pixels each, in [0, 1]: those of the first row stand
 *              above those of the second, and so on; then come the next sixteen.
 */
export function gridPicture(...rows: readonly Float32Array[]): Picture {
  const count = Math.floor((rows[0]?.length ?? 0) / (SIDE * SIDE));
  const bands = Math.ceil(count / COLUMNS);
  const pitch = SIDE + GAP;
  const width = (COLUMNS * pitch + GAP) * SCALE;
  // A band is followed by a gap more.
  const bandHeight = rows.length * pitch + GAP;
  const height = (bands * bandHeight + GAP) * SCALE;
  const pixels = new Uint8Array(width * height).fill(PAPER);
  const draw = (x: number, y: number, value: number): void => {
    for (let dy = 0; dy < SCALE; dy++) {
      const at = (y * SCALE + dy) * width + x * SCALE;
      pixels.fill(value, at, at + SCALE);
    }
  };
  rows.forEach((images, row) => {
    images.forEach((value, i) => {
      const [image, pixel] = [Math.floor(i / (SIDE * SIDE)), i % (SIDE * SIDE)];
      const [band, column] = [Math.floor(image / COLUMNS), image % COLUMNS];
      const x = GAP + column * pitch + (pixel % SIDE);
      const y = GAP + band * bandHeight + row * pitch + Math.floor(pixel / SIDE);
      draw(x, y, Math.round(255 * Math.min(1, Math.max(0, value))));
    });
  });
  return { width, height, pixels };
}
