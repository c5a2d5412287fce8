// Small pictures of environments.

import type { Frame } from "./environment.ts";

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number];

/** Colours that the environments share. */
export const PAPER: Color = [245, 243, 238];
export const INK: Color = [52, 58, 70];
export const AMBER: Color = [214, 140, 52];
export const GREEN: Color = [74, 150, 98];
export const RED: Color = [196, 78, 70];

/** A picture of one colour. */
export function blankFrame(width: number, height: number, color: Color = PAPER): Frame {
  const frame = { width, height, data: new Uint8ClampedArray(4 * width * height) };
  fillRectangle(frame, 0, 0, width, height, color);
  return frame;
}

/** Fills pixels from (left, top), those inside the frame. */
export function fillRectangle(
  frame: Frame,
  left: number,
  top: number,
  width: number,
  height: number,
  color: Color,
): void {
  const [x0, y0] = [Math.round(left), Math.round(top)];
  const [x1, y1] = [Math.round(left + width), Math.round(top + height)];
  for (let y = Math.max(0, y0); y < Math.min(frame.height, y1); y++) {
    for (let x = Math.max(0, x0); x < Math.min(frame.width, x1); x++) {
      frame.data.set([...color, 255], 4 * (y * frame.width + x));
    }
  }
}

/** Draws a line with a square pen. */
export function drawLine(
  frame: Frame,
  from: readonly [number, number],
  to: readonly [number, number],
  pen: number,
  color: Color,
): void {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const count = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy))));
  for (let i = 0; i <= count; i++) {
    const [x, y] = [from[0] + (dx * i) / count, from[1] + (dy * i) / count];
    fillRectangle(frame, x - pen / 2, y - pen / 2, pen, pen, color);
  }
}
