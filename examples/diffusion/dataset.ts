// Points of a spiral.

import { type Batch, DataLoader, type HostArray, swissRoll } from "../../src/data/index.ts";

/** What coordinates are multiplied by, so that their variance is about 1. */
const SCALE = 0.7;

/** Points `[count, 2]`. */
export function points(count: number, seed: number): HostArray {
  return swissRoll().sample(count, seed).fields.inputs as HostArray;
}

const scaled = ({ dtype, shape, data }: HostArray, by: number): HostArray => ({
  ...{ dtype, shape },
  data: Float32Array.from(data, (value) => value * by),
});

/** Batches with the field inputs, of variance 1. */
export function batches(batchSize: number, seed: number): DataLoader {
  const data = swissRoll().sample(50_000, 1);
  return new DataLoader(data, {
    ...{ batchSize, seed, shuffle: true, dropLast: true },
    transform: ({ inputs }): Batch => ({ inputs: scaled(inputs as HostArray, SCALE) }),
  });
}

/** What was made, as the points are. */
export const unscaled = (made: HostArray): HostArray => scaled(made, 1 / SCALE);
