// Batches from a stream of examples that need not fit in memory.

import { DataError } from "../errors.ts";
import { HostRandom } from "../tensor/philox.ts";
import { type Batch, type LoaderState, toUnitFloat } from "./dataLoader.ts";
import { type Example, stackExamples } from "./example.ts";
import type { Feed } from "./feed.ts";

/** Begins a pass over the examples. The same epoch must give the same examples in the same order. */
export type ExampleSource = (epoch: number) => AsyncIterable<Example> | Iterable<Example>;

/** Options of `StreamLoader`. */
export interface StreamLoaderOptions {
  readonly batchSize: number;
  /** Examples among which the next one is drawn: the more, the better they are mixed. Default 1: none. */
  readonly shuffleBuffer?: number;
  /** Decides what is drawn, together with the epoch. */
  readonly seed?: number;
  /** Batches that are prepared ahead. Default 2. */
  readonly prefetch?: number;
  /** Leave out a last batch that is smaller. Default false. */
  readonly dropLast?: boolean;
  /** Passes over the stream. Default: without end. */
  readonly epochs?: number;
  /** Applied to each batch. Default: `toUnitFloat`. */
  readonly transform?: (batch: Batch) => Batch;
}

interface Placed {
  readonly place: LoaderState;
  readonly batch: Batch;
}

/**
 * Delivers batches of a stream by `next()` or `for await`, and takes no more from it than it may prepare
 * ahead. After a `restore` it passes over what was delivered before: the stream is read again from the
 * start of the epoch.
 *
 *     const { files } = await listImages(source);
 *     const read = async ({ name }) => ({ inputs: await readImage(source, name, { size: 64 }) });
 *     const data = new StreamLoader(() => mapAhead(files, read), { batchSize: 32, shuffleBuffer: 1000 });
 */
export class StreamLoader implements Feed, AsyncIterable<Batch> {
  readonly options: Required<StreamLoaderOptions>;
  readonly #source: ExampleSource;
  #state: LoaderState = { epoch: 0, batch: 0 };
  #stream: AsyncGenerator<Placed, undefined> | undefined;
  #ahead: Promise<Placed | undefined>[] = [];

  constructor(source: ExampleSource, options: StreamLoaderOptions) {
    const { shuffleBuffer = 1, prefetch = 2, epochs = Infinity } = options;
    for (const [name, value] of Object.entries({
      batchSize: options.batchSize,
      shuffleBuffer,
      prefetch,
    })) {
      if (Number.isInteger(value) && value >= 1) continue;
      const got = `${value}`;
      throw new DataError("StreamLoader", `${name} must be a positive integer`, { got });
    }
    this.#source = source;
    const { seed = 0, dropLast = false, transform = toUnitFloat } = options;
    const { batchSize } = options;
    this.options = { batchSize, shuffleBuffer, seed, prefetch, dropLast, epochs, transform };
  }

  /** Where the loader stands. */
  state(): LoaderState {
    return this.#state;
  }

  /** Goes on exactly as after the batch at which `state` was taken. */
  restore(state: LoaderState): void {
    const { epoch, batch } = state;
    const isPlace = [epoch, batch].every((value) => Number.isInteger(value) && value >= 0);
    if (!isPlace) {
      const got = `epoch ${epoch}, batch ${batch}`;
      throw new DataError("StreamLoader.restore", "the place must be whole numbers", { got });
    }
    this.close();
    this.#state = { epoch, batch };
  }

  /** The next batch without moving on; it resolves to undefined at the end. */
  async peek(): Promise<Batch | undefined> {
    return (await this.#fill(1))?.batch;
  }

  /** The next batch, or undefined at the end. After an error the same place is tried again. */
  async next(): Promise<Batch | undefined> {
    const first = this.#fill(1);
    void this.#ahead.shift();
    void this.#fill(this.options.prefetch);
    const stream = this.#stream;
    try {
      const placed = await first;
      if (placed === undefined) return undefined;
      if (stream === this.#stream) this.#state = placed.place;
      return placed.batch;
    } catch (error) {
      if (stream === this.#stream) this.close();
      throw error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    for (let batch = await this.next(); batch !== undefined; batch = await this.next()) yield batch;
  }

  /** Lets go of the stream and of what was prepared; the place stays. */
  close(): void {
    this.#stream?.return(undefined).catch(() => undefined);
    this.#stream = undefined;
    this.#ahead = [];
  }

  /** Asks for batches until so many are on their way. @returns the next one. */
  #fill(count: number): Promise<Placed | undefined> {
    this.#stream ??= this.#batches(this.#state);
    while (this.#ahead.length < count) {
      const placed = this.#stream.next().then(({ value }) => value);
      placed.catch(() => undefined); // thrown where it is awaited
      this.#ahead.push(placed);
    }
    return this.#ahead[0] as Promise<Placed | undefined>;
  }

  async *#batches(from: LoaderState): AsyncGenerator<Placed, undefined> {
    const { batchSize, dropLast, epochs, transform } = this.options;
    for (let epoch = from.epoch; epoch < epochs; epoch++) {
      const delivered = epoch === from.epoch ? from.batch : 0;
      let [batch, skipped] = [delivered, 0];
      let examples: Example[] = [];
      const cut = (): Placed => {
        const place = { epoch, batch: ++batch };
        const stacked = stackExamples(`epoch ${epoch}, batch ${batch}`, examples);
        examples = [];
        return { place, batch: transform(stacked) };
      };
      for await (const example of this.#shuffled(epoch)) {
        if (skipped < delivered * batchSize) {
          skipped++;
          continue;
        }
        examples.push(example);
        if (examples.length === batchSize) yield cut();
      }
      if (examples.length > 0 && !dropLast) yield cut();
      // The last batch delivered may have been a smaller one.
      const isReached = delivered === 0 || skipped > (delivered - 1) * batchSize;
      if (batch === 0 || !isReached) throw tooShort(epoch, skipped + examples.length);
    }
    return undefined;
  }

  /** The examples of an epoch, each drawn from those that wait in the buffer. */
  async *#shuffled(epoch: number): AsyncGenerator<Example> {
    const { shuffleBuffer, seed } = this.options;
    const random = new HostRandom(seed, epoch);
    const waiting: Example[] = [];
    const draw = (): Example => {
      const i = random.integer(waiting.length);
      const drawn = waiting[i] as Example;
      waiting[i] = waiting.at(-1) as Example;
      waiting.pop();
      return drawn;
    };
    for await (const example of this.#source(epoch)) {
      waiting.push(example);
      if (waiting.length === shuffleBuffer) yield draw();
    }
    while (waiting.length > 0) yield draw();
  }
}

/** An epoch without batches would be followed by others without end. */
function tooShort(epoch: number, count: number): DataError {
  return new DataError("StreamLoader", "the stream must reach the place, and have a batch", {
    got: `an end after ${count} examples of epoch ${epoch}`,
    remedy: "Use a smaller batchSize, or the stream that the run was started with.",
  });
}
