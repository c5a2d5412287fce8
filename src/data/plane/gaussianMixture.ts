// Round Gaussians in the plane, and how many of them a model's points cover.

import { DataError } from "../../errors.ts";
import {
  type PlaneDistribution,
  type Point,
  jittered,
  planeDistribution,
} from "./planeDistribution.ts";

/** What a model's points cover of a mixture. */
export interface ModeCoverage {
  /** Modes with at least the wanted number of points within three deviations. */
  readonly covered: number;
  /** Modes there are. */
  readonly modes: number;
  /** Share of all points within three deviations of a mode. */
  readonly share: number;
  /** Such points of each mode; a point counts for the nearest. */
  readonly counts: readonly number[];
}

/** Equally likely round Gaussians. */
export interface GaussianMixture extends PlaneDistribution {
  readonly modes: readonly Point[];
  /** Standard deviation along each axis. */
  readonly sigma: number;
  /**
   * How a model's points lie about the modes. Of true ones 1 − e^(−9/2) = 0.989 are within three
   * deviations.
   *
   * @param points    `[n, 2]` flat: x and y in turn.
   * @param atLeast   points that a mode must have to be covered. Default 1.
   * @see Srivastava et al. 2017, VEEGAN, §4.1.
   */
  coverage(points: ArrayLike<number>, atLeast?: number): ModeCoverage;
}

/** A mixture of Gaussians about the given points. @throws {DataError} unless sigma is positive. */
export function gaussianMixture(
  name: string,
  modes: readonly Point[],
  sigma: number,
): GaussianMixture {
  if (!(sigma > 0)) throw new DataError(name, "sigma must be positive", { got: `${sigma}` });
  const distribution = planeDistribution(name, modes.length, (part, random) => {
    return jittered(modes[part] as Point, sigma, random);
  });
  const coverage = (points: ArrayLike<number>, atLeast = 1): ModeCoverage => {
    if (points.length === 0 || points.length % 2 !== 0) {
      const got = `${points.length} numbers`;
      throw new DataError(`${name}.coverage`, "points must be pairs of x and y", { got });
    }
    const counts = modes.map(() => 0);
    for (let i = 0; i < points.length; i += 2) {
      const { mode, distance } = nearest(modes, points[i] as number, points[i + 1] as number);
      if (distance <= 3 * sigma) counts[mode] = (counts[mode] as number) + 1;
    }
    const within = counts.reduce((sum, count) => sum + count, 0);
    const covered = counts.filter((count) => count >= Math.max(1, atLeast)).length;
    return { covered, modes: modes.length, share: within / (points.length / 2), counts };
  };
  return { ...distribution, modes, sigma, coverage };
}

function nearest(
  modes: readonly Point[],
  x: number,
  y: number,
): { mode: number; distance: number } {
  let [mode, distance] = [0, Infinity];
  modes.forEach(([mx, my], i) => {
    const d = Math.hypot(x - mx, y - my);
    if (d < distance) [mode, distance] = [i, d];
  });
  return { mode, distance };
}

/** Options of `gaussianRing`. */
export interface GaussianRingOptions {
  /** Default 8. */
  readonly modes?: number;
  /** Default 2. */
  readonly radius?: number;
  /** Default 0.02. */
  readonly sigma?: number;
}

/**
 * Gaussians evenly around a circle, the first to the right.
 *
 * @see Metz et al. 2017, Unrolled Generative Adversarial Networks, appendix A, whose defaults these are.
 */
export function gaussianRing(options: GaussianRingOptions = {}): GaussianMixture {
  const { modes: count = 8, radius = 2, sigma = 0.02 } = options;
  const modes = Array.from({ length: count }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / count;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return gaussianMixture("gaussianRing", modes, sigma);
}

/** Options of `gaussianGrid`. */
export interface GaussianGridOptions {
  /** Gaussians along each side. Default 5: 25 in all. */
  readonly side?: number;
  /** Between neighbours. Default 2. */
  readonly spacing?: number;
  /** Default 0.05. */
  readonly sigma?: number;
}

/**
 * Gaussians on a square grid about the origin, row by row.
 *
 * @see Srivastava et al. 2017, VEEGAN, §4.1.
 */
export function gaussianGrid(options: GaussianGridOptions = {}): GaussianMixture {
  const { side = 5, spacing = 2, sigma = 0.05 } = options;
  const place = (i: number): number => spacing * (i - (side - 1) / 2);
  const modes = Array.from({ length: side * side }, (_, i): Point => {
    return [place(i % side), place(Math.floor(i / side))];
  });
  return gaussianMixture("gaussianGrid", modes, sigma);
}
