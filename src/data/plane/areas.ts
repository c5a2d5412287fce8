// Distributions over areas: a checkerboard, a pinwheel.

import { type PlaneDistribution, type Point, planeDistribution } from "./planeDistribution.ts";

/** Options of `checkerboard`. */
export interface CheckerboardOptions {
  /** Tiles along each side, of length 1. Default 4. */
  readonly side?: number;
}

/** Evenly over every other tile of a board about the origin, one part each; the lower left one is of them. */
export function checkerboard(options: CheckerboardOptions = {}): PlaneDistribution {
  const { side = 4 } = options;
  const tiles = Array.from({ length: side * side }, (_, i): Point => {
    return [i % side, Math.floor(i / side)];
  }).filter(([column, row]) => (column + row) % 2 === 0);
  return planeDistribution("checkerboard", tiles.length, (part, random) => {
    const [column, row] = tiles[part] as Point;
    return [column - side / 2 + random.uniform(), row - side / 2 + random.uniform()];
  });
}

/** Options of `pinwheel`. */
export interface PinwheelOptions {
  /** Default 5. */
  readonly arms?: number;
  /** Deviation along an arm. Default 0.3. */
  readonly radialSigma?: number;
  /** Deviation across an arm. Default 0.05. */
  readonly tangentialSigma?: number;
  /** How far the arms are bent. Default 0.25. */
  readonly rate?: number;
}

/**
 * Arms of stretched Gaussians, bent the more the farther out, within about ±4.
 *
 *   (a, b) normal,  r = 1 + radialSigma · a,  s = tangentialSigma · b,
 *   (r, s) turned by 2π part / arms + rate · e^r, times 2
 *
 * @see Johnson et al. 2016, Composing graphical models with neural networks, figure 1.
 */
export function pinwheel(options: PinwheelOptions = {}): PlaneDistribution {
  const { arms = 5, radialSigma = 0.3, tangentialSigma = 0.05, rate = 0.25 } = options;
  return planeDistribution("pinwheel", arms, (part, random) => {
    const r = random.normal(1, radialSigma);
    const s = random.normal(0, tangentialSigma);
    const angle = (2 * Math.PI * part) / arms + rate * Math.exp(r);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [2 * (r * cos - s * sin), 2 * (r * sin + s * cos)];
  });
}
