// Handwritten-looking digits that need no file: strokes with random slant, scale, thickness, noise.

import { HostRandom } from "../tensor/philox.ts";
import { DIGIT_STROKES } from "./digitStrokes.ts";
import { type Dataset, dataset } from "./dataset.ts";

/** Options of `drawnDigits`. */
export interface DrawnDigitsOptions {
  readonly count: number;
  readonly seed?: number;
  /** Pixels per side. Default 28. */
  readonly size?: number;
}

type Point = readonly [number, number];

/** Points per piece of a curve. */
const PIECES = 5;

/**
 * Digits 0 … 9 in random order.
 *
 * @returns  `inputs [count, size, size, 1]` u8, ink bright, and `labels [count]` i32. Example i depends
 *           on the seed and i alone.
 */
export function drawnDigits(options: DrawnDigitsOptions): Dataset {
  const { count, seed = 0, size = 28 } = options;
  const images = new Uint8Array(count * size * size);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const random = new HostRandom(seed, i);
    const digit = random.integer(10);
    labels[i] = digit;
    drawDigit(images.subarray(i * size * size, (i + 1) * size * size), size, digit, random);
  }
  return dataset({
    inputs: { dtype: "u8", shape: [count, size, size, 1], data: images },
    labels: { dtype: "i32", shape: [count], data: labels },
  });
}

function drawDigit(image: Uint8Array, size: number, digit: number, random: HostRandom): void {
  const styles = DIGIT_STROKES[digit] ?? [];
  const strokes = styles[random.integer(styles.length)] ?? [];
  const place = placement(size, random);
  const radius = (size / 28) * random.uniform(0.7, 1.9);
  const ink = new Float32Array(size * size);
  for (const stroke of strokes) {
    const jittered = stroke.map(([x, y]): Point => {
      return [x + random.normal(0, 0.025), y + random.normal(0, 0.025)];
    });
    const points = smooth(jittered).map(place);
    for (let i = 1; i < points.length; i++) {
      drawLine(ink, size, points[i - 1] as Point, points[i] as Point, radius);
    }
  }
  const brightness = random.uniform(190, 255);
  const noise = random.uniform(0, 14);
  let word = 0;
  for (let i = 0; i < ink.length; i++) {
    // Two bytes of a random word make one grain, triangular in [-1, 1].
    word = i % 2 === 0 ? random.u32() : word >>> 16;
    const grain = noise * (((word & 0xff) + ((word >>> 8) & 0xff)) / 255 - 1);
    image[i] = Math.max(0, Math.min(255, brightness * (ink[i] as number) + grain));
  }
}

/** From the unit square to pixels: scale, slant, rotation and shift. */
function placement(size: number, random: HostRandom): (point: Point) => Point {
  const height = size * random.uniform(0.6, 0.78);
  const width = height * random.uniform(0.62, 0.95);
  const slant = random.normal(0.08, 0.16);
  const angle = random.normal(0, 0.1);
  const [shiftX, shiftY] = [random.normal(0, 0.03) * size, random.normal(0, 0.03) * size];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return ([px, py]) => {
    const y = (py - 0.5) * height;
    const x = (px - 0.5) * width - slant * y;
    return [size / 2 + shiftX + cos * x - sin * y, size / 2 + shiftY + sin * x + cos * y];
  };
}

/** Points of the Catmull-Rom spline through the given ones. */
function smooth(points: readonly Point[]): Point[] {
  if (points.length < 3) return [...points];
  const at = (i: number): Point => points[Math.max(0, Math.min(points.length - 1, i))] as Point;
  const curve: Point[] = [];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let k = 0; k < PIECES; k++) {
      const t = k / PIECES;
      const blend = (axis: 0 | 1): number => {
        const [p, q, r, s] = [a[axis], b[axis], c[axis], d[axis]];
        const cubic = (3 * q - p - 3 * r + s) * t + (2 * p - 5 * q + 4 * r - s);
        return 0.5 * (2 * q + t * (r - p + t * cubic));
      };
      curve.push([blend(0), blend(1)]);
    }
  }
  curve.push(at(points.length - 1));
  return curve;
}

/** A line of round pen: full within `radius`, fading over one pixel. */
function drawLine(ink: Float32Array, size: number, a: Point, b: Point, radius: number): void {
  const reach = radius + 1;
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy || 1;
  const [x0, x1] = [Math.min(a[0], b[0]) - reach, Math.max(a[0], b[0]) + reach];
  const [y0, y1] = [Math.min(a[1], b[1]) - reach, Math.max(a[1], b[1]) + reach];
  for (let y = Math.max(0, Math.floor(y0)); y <= Math.min(size - 1, y1); y++) {
    for (let x = Math.max(0, Math.floor(x0)); x <= Math.min(size - 1, x1); x++) {
      const along = ((x - a[0]) * dx + (y - a[1]) * dy) / squared;
      const t = Math.max(0, Math.min(1, along));
      const distance = Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
      const cover = Math.max(0, Math.min(1, radius + 0.5 - distance));
      const i = y * size + x;
      if (cover > (ink[i] as number)) ink[i] = cover;
    }
  }
}
