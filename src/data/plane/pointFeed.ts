// A distribution as data without end: new points in every batch.

import { DataError } from "../../errors.ts";
import type { Batch } from "../dataLoader.ts";
import type { Feed } from "../feed.ts";
import type { PlaneDistribution } from "./planeDistribution.ts";

/** Options of `pointFeed`. */
export interface PointFeedOptions {
  readonly batchSize: number;
  readonly seed?: number;
}

/**
 * Batches of points that nobody has seen before, with the fields `inputs [batchSize, 2]` and
 * `labels [batchSize]`. Batch i depends on the seed and i alone.
 *
 * @throws {DataError} unless the size is a positive integer.
 */
export function pointFeed(distribution: PlaneDistribution, options: PointFeedOptions): Feed {
  const { batchSize, seed = 0 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    const got = `${batchSize}`;
    throw new DataError("pointFeed", "batchSize must be a positive integer", { got });
  }
  let batch = 0;
  const at = async (i: number): Promise<Batch> =>
    distribution.sample(batchSize, seed, i * batchSize).fields;
  return {
    peek: () => at(batch),
    next: () => at(batch++),
    state: () => ({ batch }),
    restore: (state) => void ({ batch } = state as { batch: number }),
  };
}
