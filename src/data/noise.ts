// Normal noise as data: what generators start from.

import { DataError } from "../errors.ts";
import { HostRandom } from "../tensor/philox.ts";
import type { Batch } from "./dataLoader.ts";
import type { Feed } from "./feed.ts";
import type { HostArray } from "./hostArray.ts";

/** Options of noise. */
export interface NoiseOptions {
  /** Numbers per example. */
  readonly size: number;
  readonly seed?: number;
}

/** Place in the noise: batches delivered, and the place of what it goes with. */
interface NoiseState {
  readonly epoch?: number | undefined;
  readonly batch: number;
  readonly inner?: unknown;
}

/**
 * Batches with the field `noise [rows, size]`, standard normal. Batch i depends on the seed and i alone.
 *
 * @throws {DataError} unless the sizes are positive integers.
 */
export function noiseFeed(options: NoiseOptions & { readonly batchSize: number }): Feed {
  const { batchSize, size, seed = 0 } = options;
  requireCount("noiseFeed", { batchSize, size });
  let batch = 0;
  const at = async (i: number): Promise<Batch> => ({ noise: noiseOf(seed, i, batchSize, size) });
  return {
    peek: () => at(batch),
    next: () => at(batch++),
    state: (): NoiseState => ({ batch }),
    restore: (state) => void ({ batch } = state as NoiseState),
  };
}

/**
 * The batches of a feed with the field `noise [rows, size]` added, a row per example.
 *
 * @param fields  new names of the feed's fields; those without one are left out. Default: all as they are.
 */
export function withNoise(
  feed: Feed,
  options: NoiseOptions,
  fields?: Readonly<Record<string, string>>,
): Feed {
  const { size, seed = 0 } = options;
  requireCount("withNoise", { size });
  let count = 0;
  const join = (given: Batch | undefined, i: number): Batch | undefined => {
    if (given === undefined) return undefined;
    const rows = Object.values(given)[0]?.shape[0] ?? 0;
    return { ...renamed(given, fields), noise: noiseOf(seed, i, rows, size) };
  };
  return {
    peek: async () => join(await feed.peek(), count),
    next: async () => {
      const given = await feed.next();
      return join(given, given === undefined ? count : count++);
    },
    state: (): NoiseState => {
      const inner = feed.state();
      return { epoch: (inner as { epoch?: number } | null)?.epoch, batch: count, inner };
    },
    restore: (state, arrays) => {
      const { batch, inner } = state as NoiseState;
      count = batch;
      feed.restore(inner, arrays);
    },
    ...(feed.arrays !== undefined && { arrays: () => feed.arrays?.() ?? {} }),
  };
}

function renamed(batch: Batch, fields: Readonly<Record<string, string>> | undefined): Batch {
  if (fields === undefined) return batch;
  const entries = Object.entries(fields).map(([name, to]) => {
    const array = batch[name];
    if (array !== undefined) return [to, array] as const;
    throw new DataError("withNoise", "the feed must have the fields to rename", {
      got: `${name} where there are ${Object.keys(batch).join(", ")}`,
    });
  });
  return Object.fromEntries(entries);
}

function noiseOf(seed: number, i: number, rows: number, size: number): HostArray {
  const random = new HostRandom(seed, i);
  const data = Float32Array.from({ length: rows * size }, () => random.normal(0, 1));
  return { dtype: "f32", shape: [rows, size], data };
}

function requireCount(op: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new DataError(op, `${name} must be a positive integer`, { got: `${value}` });
  }
}
