// Distributions along curves: rolls, moons, circles, spirals.

import { type PlaneDistribution, jittered, planeDistribution } from "./planeDistribution.ts";

/** Options of distributions along curves. */
export interface CurveOptions {
  /** Deviation of the points from the curve, along each axis. Default 0.05. */
  readonly noise?: number;
}

const NOISE = 0.05;

/**
 * A spiral of one and a half turns, within ±3.
 *
 *   t = 1.5π (1 + 2u),  (t cos t, t sin t) / 5,  u uniform
 *
 * @see Marsland 2014, Machine Learning: An Algorithmic Perspective, chapter 6: its roll, from the side.
 */
export function swissRoll(options: CurveOptions = {}): PlaneDistribution {
  const { noise = NOISE } = options;
  return planeDistribution("swissRoll", 1, (_, random) => {
    const t = 1.5 * Math.PI * (1 + 2 * random.uniform());
    return jittered([(t * Math.cos(t)) / 5, (t * Math.sin(t)) / 5], noise, random);
  });
}

/**
 * Two half circles of radius 1 that reach into each other.
 *
 *   part 0: (cos πu, sin πu),  part 1: (1 − cos πu, ½ − sin πu)
 */
export function twoMoons(options: CurveOptions = {}): PlaneDistribution {
  const { noise = NOISE } = options;
  return planeDistribution("twoMoons", 2, (part, random) => {
    const angle = Math.PI * random.uniform();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return jittered(part === 0 ? [x, y] : [1 - x, 0.5 - y], noise, random);
  });
}

/** Options of `circles`. */
export interface CirclesOptions extends CurveOptions {
  /** Default [1, 0.5]. */
  readonly radii?: readonly number[];
}

/** Circles about the origin, one part each. */
export function circles(options: CirclesOptions = {}): PlaneDistribution {
  const { noise = NOISE, radii = [1, 0.5] } = options;
  return planeDistribution("circles", radii.length, (part, random) => {
    const [radius, angle] = [radii[part] as number, 2 * Math.PI * random.uniform()];
    return jittered([radius * Math.cos(angle), radius * Math.sin(angle)], noise, random);
  });
}

/** Options of `spirals`. */
export interface SpiralsOptions extends CurveOptions {
  /** Default 2. */
  readonly arms?: number;
  /** Of each arm. Default 1.5. */
  readonly turns?: number;
}

/**
 * Arms that wind outwards from the origin to radius 2, evenly over the area.
 *
 *   r = √u,  angle = 2π (turns · r + part / arms),  (2r cos angle, 2r sin angle)
 */
export function spirals(options: SpiralsOptions = {}): PlaneDistribution {
  const { noise = NOISE, arms = 2, turns = 1.5 } = options;
  return planeDistribution("spirals", arms, (part, random) => {
    const r = Math.sqrt(random.uniform());
    const angle = 2 * Math.PI * (turns * r + part / arms);
    return jittered([2 * r * Math.cos(angle), 2 * r * Math.sin(angle)], noise, random);
  });
}
