// Two clouds of points as a picture.

import type { Picture } from "./png.ts";

const SIZE = 480;
const [REAL, MADE] = [
  [170, 170, 170],
  [200, 60, 30],
] as const;

/** Points of the plane, x and y in turn: the data's in grey, and what was made of them in red. */
export function scatter(real: ArrayLike<number>, made: ArrayLike<number>): Picture {
  const pixels = new Uint8ClampedArray(4 * SIZE * SIZE).fill(255);
  const reach = 1.25 * Array.from(real).reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
  const place = (value: number): number => Math.round((SIZE / 2) * (1 + value / reach));
  const draw = (cloud: ArrayLike<number>, colour: readonly number[]): void => {
    for (let i = 0; i + 1 < cloud.length; i += 2) {
      const [x, y] = [place(cloud[i] as number), place(-(cloud[i + 1] as number))];
      for (const [dx, dy] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ] as const) {
        if (x + dx < 0 || x + dx >= SIZE || y + dy < 0 || y + dy >= SIZE) continue;
        pixels.set(colour, 4 * ((y + dy) * SIZE + x + dx));
      }
    }
  };
  draw(real, REAL);
  draw(made, MADE);
  return { width: SIZE, height: SIZE, pixels };
}
