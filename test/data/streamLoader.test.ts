import { describe, expect, test } from "vitest";
import {
  type Batch,
  type Example,
  StreamLoader,
  type StreamLoaderOptions,
  mapAhead,
  toTensors,
} from "../../src/data/index.ts";

const example = (i: number): Example => ({
  inputs: { dtype: "u8", shape: [2], data: Uint8Array.of(i, 255) },
  labels: { dtype: "i32", shape: [], data: Int32Array.of(i) },
});

/** Counts what was taken from it. */
class Stream {
  taken = 0;
  opened = 0;
  closed = 0;
  readonly size: number;
  constructor(size: number) {
    this.size = size;
  }
  async *read(): AsyncGenerator<Example> {
    this.opened++;
    try {
      for (let i = 0; i < this.size; i++) {
        this.taken++;
        yield example(i);
      }
    } finally {
      this.closed++;
    }
  }
}

const labels = (batch: Batch | undefined): number[] => [...(batch?.labels?.data ?? [])];

function loaderOf(size: number, options: Partial<StreamLoaderOptions> = {}) {
  const stream = new Stream(size);
  const loader = new StreamLoader(() => stream.read(), { batchSize: 4, ...options });
  return { stream, loader };
}

describe("StreamLoader", () => {
  test("batches in order, u8 as [0, 1], a smaller one at the end", async () => {
    const { loader } = loaderOf(10, { epochs: 2 });
    const batches: Batch[] = [];
    for await (const batch of loader) batches.push(batch);
    expect(batches.map(labels)).toEqual([
      ...[
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
      ],
      ...[
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
      ],
    ]);
    expect(batches[0]?.inputs?.shape).toEqual([4, 2]);
    expect(await toTensors(batches[2] as Batch).inputs?.array()).toEqual([[Math.fround(8 / 255), 1], [Math.fround(9 / 255), 1]]); // prettier-ignore
    expect(await loader.next()).toBeUndefined();
  });

  test("the buffer mixes by seed and epoch, and loses nothing", async () => {
    const { loader } = loaderOf(10, { epochs: 2, shuffleBuffer: 6, seed: 5, batchSize: 10 });
    const epochs = [labels(await loader.next()), labels(await loader.next())];
    for (const epoch of epochs) {
      expect([...epoch].sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
      expect(epoch).not.toEqual([...Array(10).keys()]);
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
    // Nobody is drawn before it is in the buffer.
    epochs[0]?.forEach((i, at) => expect(i).toBeLessThan(at + 6));
  });

  test("after a restore comes what would have come, wherever it was taken", async () => {
    const make = () => loaderOf(11, { shuffleBuffer: 5, seed: 2 }).loader;
    const whole = make();
    const batches: number[][] = [];
    const states = [whole.state()];
    for (let i = 0; i < 8; i++) {
      batches.push(labels(await whole.next()));
      states.push(whole.state());
    }
    expect(states[4]).toEqual({ epoch: 1, batch: 1 });
    for (let from = 0; from < 7; from++) {
      const other = make();
      await other.next();
      other.restore(JSON.parse(JSON.stringify(states[from])) as (typeof states)[0]);
      expect(labels(await other.peek())).toEqual(batches[from]);
      expect(other.state()).toEqual(states[from]);
      expect(labels(await other.next())).toEqual(batches[from]);
      expect(labels(await other.next())).toEqual(batches[from + 1]);
      other.close();
    }
  });

  test("no more is taken than is prepared ahead, and the stream is closed", async () => {
    const { stream, loader } = loaderOf(1000, { prefetch: 3, shuffleBuffer: 10 });
    await loader.next();
    await new Promise((done) => setTimeout(done, 20));
    expect(stream.taken).toBeLessThanOrEqual(4 * 4 + 10);
    loader.close();
    await new Promise((done) => setTimeout(done, 5));
    expect([stream.opened, stream.closed]).toEqual([1, 1]);
    expect(labels(await loader.next())).toHaveLength(4);
    expect(stream.opened).toBe(2);
    loader.close();
  });

  test("calls side by side get batches in turn", async () => {
    const { loader } = loaderOf(12, { epochs: 1 });
    const [a, b, c] = await Promise.all([loader.next(), loader.next(), loader.next()]);
    expect([a, b, c].map((batch) => labels(batch)[0])).toEqual([0, 4, 8]);
    expect(loader.state()).toEqual({ epoch: 0, batch: 3 });
  });

  test("an error comes in its place, and the place can be tried again", async () => {
    let isBroken = true;
    const source = async function* (): AsyncGenerator<Example> {
      for (let i = 0; i < 8; i++) {
        if (i === 5 && isBroken) throw new Error("no more");
        yield example(i);
      }
    };
    const loader = new StreamLoader(source, { batchSize: 4, epochs: 1 });
    expect(labels(await loader.next())).toEqual([0, 1, 2, 3]);
    await expect(loader.next()).rejects.toThrow("no more");
    isBroken = false;
    expect(labels(await loader.next())).toEqual([4, 5, 6, 7]);
    expect(await loader.next()).toBeUndefined();
  });

  test("empty streams, unlike examples, strange settings", async () => {
    await expect(loaderOf(0).loader.next()).rejects.toThrow(/an end after 0 examples of epoch 0/);
    await expect(loaderOf(3, { dropLast: true }).loader.next()).rejects.toThrow(/3 examples/);
    const short = loaderOf(6).loader;
    short.restore({ epoch: 0, batch: 4 });
    await expect(short.next()).rejects.toThrow(/an end after 6 examples/);
    expect(() => short.restore({ epoch: -1, batch: 0 })).toThrow(/epoch -1/);
    expect(() => loaderOf(3, { prefetch: 0 })).toThrow(/prefetch must be a positive integer/);
    const ragged = new StreamLoader(() => [example(0), { labels: example(1).labels as never }], {
      batchSize: 2,
    });
    await expect(ragged.next()).rejects.toThrow(
      /epoch 0, batch 1: all examples must have the same/,
    );
  });
});

describe("mapAhead", () => {
  test("so many at a time, in order", async () => {
    let [running, most] = [0, 0];
    const results: number[] = [];
    const work = async (i: number): Promise<number> => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, i % 2 === 0 ? 4 : 1));
      running--;
      return i * i;
    };
    for await (const result of mapAhead([0, 1, 2, 3, 4, 5], work, { ahead: 3 }))
      results.push(result);
    expect(results).toEqual([0, 1, 4, 9, 16, 25]);
    expect(most).toBe(3);
    await expect(mapAhead([1], work, { ahead: 0 }).next()).rejects.toThrow(/ahead must be/);
  });

  test("an error at its item lets go of the rest", async () => {
    const stream = new Stream(9);
    const run = async (): Promise<void> => {
      const items = mapAhead(stream.read(), ({ labels: l }) => {
        if (l?.data[0] === 2) throw new Error("item 2");
      });
      for await (const _ of items);
    };
    await expect(run()).rejects.toThrow("item 2");
    expect(stream.closed).toBe(1);
  });
});
