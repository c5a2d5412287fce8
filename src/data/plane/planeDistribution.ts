// Distributions of points in the plane: small problems for generative models, drawn by formula.

import { DataError } from "../../errors.ts";
import { HostRandom } from "../../tensor/philox.ts";
import { type Dataset, dataset } from "../dataset.ts";

/** A point of the plane. */
export type Point = readonly [x: number, y: number];

/** Points of the plane with a part of the distribution that each came from. */
export interface PlaneDistribution {
  readonly name: string;
  /** Modes, arms, rings or tiles: labels are below it. */
  readonly parts: number;
  /**
   * Independent points, each part equally likely. Point i depends on the seed and i alone.
   *
   * @param first  the point to begin with. Default 0.
   * @returns      `inputs [count, 2]` f32 and `labels [count]` i32.
   */
  sample(count: number, seed?: number, first?: number): Dataset;
}

/** A distribution from how a point of a part is drawn. */
export function planeDistribution(
  name: string,
  parts: number,
  draw: (part: number, random: HostRandom) => Point,
): PlaneDistribution {
  if (!Number.isInteger(parts) || parts < 1) {
    const rule = "the number of parts must be a positive integer";
    throw new DataError(name, rule, { got: `${parts}` });
  }
  const sample = (count: number, seed = 0, first = 0): Dataset => {
    if (!Number.isInteger(count) || count < 0) {
      throw new DataError(name, "count must be a whole number from 0", { got: `${count}` });
    }
    const [points, labels] = [new Float32Array(2 * count), new Int32Array(count)];
    for (let i = 0; i < count; i++) {
      const random = new HostRandom(seed, first + i);
      const part = random.integer(parts);
      points.set(draw(part, random), 2 * i);
      labels[i] = part;
    }
    return dataset({
      inputs: { dtype: "f32", shape: [count, 2], data: points },
      labels: { dtype: "i32", shape: [count], data: labels },
    });
  };
  return { name, parts, sample };
}

/** A point moved by a normal distance along each axis. */
export function jittered([x, y]: Point, deviation: number, random: HostRandom): Point {
  return [x + random.normal(0, deviation), y + random.normal(0, deviation)];
}
