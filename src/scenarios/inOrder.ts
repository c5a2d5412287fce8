// Batches in the order of the data, from wherever they come.

import { type Batch, DataLoader } from "../data/dataLoader.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import { requireCounts } from "./settingChecks.ts";

/** Examples in memory, or batches: of a feed, or as they come. */
export type PredictData = Dataset | Feed | AsyncIterable<Batch>;

/** How many batches, and of which size where that is not decided. */
export interface Portion {
  readonly batchSize: number;
  readonly batches: number;
}

/** @throws {UsageError} unless the counts that are given are positive integers. */
export function requirePortion(op: string, portion: Partial<Portion>): void {
  const { batchSize = 1, batches = 1 } = portion;
  requireCounts(op, { batchSize, batches });
}

/** How many batches there will be; undefined where that shows at their end. */
export function batchesOf(data: PredictData, { batchSize, batches }: Portion): number | undefined {
  if ("fields" in data) return Math.min(batches, Math.ceil(data.size / batchSize));
  return data instanceof DataLoader ? Math.min(batches, data.batchesPerEpoch) : undefined;
}

/**
 * The batches of a data set, or of a loader's epoch from its beginning, or of a feed up to the end of its
 * epoch, or of a stream. Feeds stand where they stood afterwards.
 *
 * @throws {UsageError} for a loader that shuffles.
 */
export async function* inOrder(
  op: string,
  data: PredictData,
  portion: Portion,
): AsyncGenerator<Batch> {
  const { batchSize } = portion;
  const batches = batchesOf(data, portion) ?? portion.batches;
  if ("fields" in data) yield* first(batches, new DataLoader(data, { batchSize, epochs: 1 }));
  else if ("next" in data && "state" in data) yield* first(batches, epochOf(op, data));
  else yield* first(batches, data);
}

async function* first(count: number, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  let taken = 0;
  for await (const batch of batches) {
    yield batch;
    if (++taken >= count) return;
  }
}

async function* epochOf(op: string, feed: Feed): AsyncGenerator<Batch> {
  const [before, arrays] = [feed.state(), feed.arrays?.()];
  if (feed instanceof DataLoader) {
    if (feed.options.shuffle) {
      throw new UsageError(op, "the loader must not shuffle", {
        remedy: "Pass its data set, or a loader in order: outputs come in the order of the data.",
      });
    }
    feed.restore({ epoch: 0, batch: 0 });
  }
  const epoch = (): unknown => (feed.state() as { epoch?: unknown } | null)?.epoch;
  try {
    let start: unknown;
    for (let batch = await feed.next(); batch !== undefined; batch = await feed.next()) {
      start ??= epoch();
      if (epoch() !== start) return;
      yield batch;
    }
  } finally {
    feed.restore(before, arrays);
  }
}
