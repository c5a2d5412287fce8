// Batches of a data set: shuffled by seed, one epoch after the other, and resumable.

import { DataError } from "../errors.ts";
import { HostRandom } from "../tensor/philox.ts";
import type { Dataset } from "./dataset.ts";
import { type HostArray, takeRows } from "./hostArray.ts";

/** Rows of every field for one step. */
export type Batch = Readonly<Record<string, HostArray>>;

/** Options of `DataLoader`. */
export interface DataLoaderOptions {
  readonly batchSize: number;
  /** A new order every epoch, decided by seed and epoch alone. Default false. */
  readonly shuffle?: boolean;
  readonly seed?: number;
  /** Leave out a last batch that is smaller. Default false. */
  readonly dropLast?: boolean;
  /** Default: without end. */
  readonly epochs?: number;
  /** Applied to each batch. Default: `toUnitFloat`. */
  readonly transform?: (batch: Batch) => Batch;
}

/** Place after the last delivered batch; plain JSON. */
export interface LoaderState {
  readonly epoch: number;
  /** Batches delivered of that epoch. */
  readonly batch: number;
}

/** u8 fields as f32 in [0, 1], by dividing by 255; others as they are. */
export function toUnitFloat(batch: Batch): Batch {
  const entries = Object.entries(batch).map(([name, array]) => {
    if (array.dtype !== "u8") return [name, array] as const;
    const data = Float32Array.from(array.data, (value) => value / 255);
    return [name, { dtype: "f32", shape: array.shape, data } as const] as const;
  });
  return Object.fromEntries(entries);
}

/** Delivers batches by `next()` or `for await`. The following batch is prepared ahead. */
export class DataLoader implements AsyncIterable<Batch> {
  readonly dataset: Dataset;
  readonly options: Required<DataLoaderOptions>;
  readonly batchesPerEpoch: number;
  #state: LoaderState = { epoch: 0, batch: 0 };
  #order: { readonly epoch: number; readonly rows: Uint32Array } | undefined;
  #ahead: { readonly at: LoaderState; readonly batch: Promise<Batch> } | undefined;

  constructor(dataset: Dataset, options: DataLoaderOptions) {
    const { batchSize } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new DataError("DataLoader", "batchSize must be a positive integer", {
        got: `${batchSize}`,
      });
    }
    const { dropLast = false } = options;
    const round = dropLast ? Math.floor : Math.ceil;
    this.dataset = dataset;
    this.batchesPerEpoch = round(dataset.size / batchSize);
    this.options = {
      shuffle: false,
      seed: 0,
      dropLast,
      epochs: Infinity,
      transform: toUnitFloat,
      ...options,
    };
    if (this.batchesPerEpoch > 0) return;
    throw new DataError("DataLoader", "the data set must have at least one batch", {
      got: `${dataset.size} examples for batches of ${batchSize}`,
      remedy: "Use a smaller batchSize, or dropLast: false.",
    });
  }

  /** Where the loader stands. */
  state(): LoaderState {
    return this.#state;
  }

  /** Goes on exactly as after the batch at which `state` was taken. */
  restore(state: LoaderState): void {
    const { epoch, batch } = state;
    if (!(epoch >= 0 && batch >= 0 && batch <= this.batchesPerEpoch)) {
      const got = `epoch ${epoch}, batch ${batch} of ${this.batchesPerEpoch}`;
      throw new DataError("DataLoader.restore", "the place must lie within the data", { got });
    }
    this.#state = { epoch, batch };
  }

  /** The next batch without moving on, or undefined at the end. */
  peek(): Promise<Batch> | undefined {
    const at = this.#upcoming();
    return at === undefined ? undefined : this.#prepare(at);
  }

  /** The next batch, or undefined at the end. */
  async next(): Promise<Batch | undefined> {
    const at = this.#upcoming();
    if (at === undefined) return undefined;
    const batch = this.#prepare(at);
    this.#state = { epoch: at.epoch, batch: at.batch + 1 };
    const delivered = await batch;
    this.peek()?.catch(() => undefined);
    return delivered;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    for (let batch = await this.next(); batch !== undefined; batch = await this.next()) yield batch;
  }

  #upcoming(): LoaderState | undefined {
    const { epoch, batch } = this.#state;
    const at = batch < this.batchesPerEpoch ? { epoch, batch } : { epoch: epoch + 1, batch: 0 };
    return at.epoch < this.options.epochs ? at : undefined;
  }

  #prepare(at: LoaderState): Promise<Batch> {
    const ahead = this.#ahead;
    if (ahead?.at.epoch === at.epoch && ahead.at.batch === at.batch) return ahead.batch;
    const batch = Promise.resolve().then(() => this.#gather(at));
    this.#ahead = { at, batch };
    return batch;
  }

  #gather(at: LoaderState): Batch {
    const { batchSize, transform } = this.options;
    const order = this.#orderOf(at.epoch);
    const rows = order.subarray(at.batch * batchSize, (at.batch + 1) * batchSize);
    const entries = Object.entries(this.dataset.fields).map(([name, array]) => {
      return [name, takeRows(array, rows)] as const;
    });
    return transform(Object.fromEntries(entries));
  }

  #orderOf(epoch: number): Uint32Array {
    if (this.#order?.epoch === epoch) return this.#order.rows;
    const { shuffle, seed } = this.options;
    const rows = shuffle
      ? new HostRandom(seed, epoch).permutation(this.dataset.size)
      : Uint32Array.from({ length: this.dataset.size }, (_, i) => i);
    this.#order = { epoch, rows };
    return rows;
  }
}
