import { describe, expect, test } from "vitest";
import { DataError } from "../../src/index.ts";
import {
  DataLoader,
  type FileSource,
  dataset,
  drawnDigits,
  loadMnist,
  parseIdx,
  sliceExamples,
  toHostArray,
  toTensors,
  toUnitFloat,
  urlSource,
} from "../../src/data/index.ts";
import { HostRandom } from "../../src/tensor/philox.ts";

function numbered(size: number) {
  const inputs = Float32Array.from({ length: size * 2 }, (_, i) => i);
  const labels = Int32Array.from({ length: size }, (_, i) => i);
  return dataset({
    inputs: { dtype: "f32", shape: [size, 2], data: inputs },
    labels: { dtype: "i32", shape: [size], data: labels },
  });
}

describe("DataLoader", () => {
  test("a ragged last batch, and every example once an epoch", async () => {
    const loader = new DataLoader(numbered(10), {
      batchSize: 4,
      shuffle: true,
      seed: 3,
      epochs: 2,
    });
    expect(loader.batchesPerEpoch).toBe(3);
    const batches = [];
    for await (const batch of loader) batches.push([...(batch.labels?.data ?? [])]);
    expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2, 4, 4, 2]);
    const epochs = [batches.slice(0, 3).flat(), batches.slice(3).flat()];
    for (const epoch of epochs)
      expect([...epoch].sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  test("rows of all fields stay together; dropLast leaves the rest out", async () => {
    const loader = new DataLoader(numbered(10), {
      batchSize: 4,
      shuffle: true,
      dropLast: true,
      epochs: 1,
    });
    let count = 0;
    for await (const { inputs, labels } of loader) {
      labels?.data.forEach((label, i) => expect(inputs?.data[2 * i]).toBe(2 * label));
      count++;
    }
    expect(count).toBe(2);
  });

  test("after a restore comes what would have come", async () => {
    const make = () => new DataLoader(numbered(23), { batchSize: 5, shuffle: true, seed: 9 });
    const one = make();
    for (let i = 0; i < 7; i++) await one.next();
    const state = JSON.parse(JSON.stringify(one.state())) as ReturnType<typeof one.state>;
    const other = make();
    other.restore(state);
    for (let i = 0; i < 9; i++) {
      expect((await other.next())?.labels?.data).toEqual((await one.next())?.labels?.data);
    }
    expect(() => other.restore({ epoch: 0, batch: 99 })).toThrow(/batch 99 of 5/);
  });

  test("bad settings and data", () => {
    expect(() => new DataLoader(numbered(3), { batchSize: 0 })).toThrow(/positive integer/);
    expect(() => new DataLoader(numbered(3), { batchSize: 4, dropLast: true })).toThrow(/smaller/);
    expect(() => dataset({})).toThrow(/at least one field/);
    const label = { dtype: "i32", shape: [2], data: Int32Array.of(1, 2) } as const;
    expect(() => dataset({ a: label, b: { ...label, shape: [3] } })).toThrow(DataError);
  });
});

describe("batches and tensors", () => {
  test("u8 becomes [0, 1]; there and back again", async () => {
    const inputs = { dtype: "u8", shape: [1, 2], data: Uint8Array.of(0, 255) } as const;
    const { x, y } = toTensors({
      ...toUnitFloat({ x: inputs }),
      y: numbered(1).fields.labels as never,
    });
    expect(await x?.array()).toEqual([[0, 1]]);
    expect(await toHostArray(y as never)).toEqual(numbered(1).fields.labels);
    expect(() => toTensors({ x: inputs })).toThrow(/toUnitFloat/);
  });

  test("files by URL", async () => {
    const source = urlSource("data:text/plain,");
    expect(() => source.describe("x")).toThrow();
    const site = urlSource("https://example.org/mnist/");
    expect(site.describe("a.gz")).toBe("https://example.org/mnist/a.gz");
  });
});

describe("drawn digits", () => {
  test("the same seed draws the same, an example whatever the count", () => {
    const few = drawnDigits({ count: 5, seed: 1 });
    const more = drawnDigits({ count: 8, seed: 1 });
    expect(sliceExamples(more, 0, 5).fields.inputs?.data).toEqual(few.fields.inputs?.data);
    expect(drawnDigits({ count: 5, seed: 2 }).fields.inputs?.data).not.toEqual(
      few.fields.inputs?.data,
    );
    expect(few.fields.inputs?.shape).toEqual([5, 28, 28, 1]);
  });

  test("all ten digits, with ink inside the frame", () => {
    const { fields } = drawnDigits({ count: 300, seed: 4 });
    expect(new Set(fields.labels?.data).size).toBe(10);
    const ink = (fields.inputs?.data ?? new Uint8Array(0)).filter((value) => value > 128).length;
    expect(ink / (300 * 784)).toBeGreaterThan(0.04);
    expect(ink / (300 * 784)).toBeLessThan(0.3);
  });
});

function idxFile(shape: readonly number[], data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((n, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, n));
  bytes.set(Uint8Array.from(data), 4 + 4 * shape.length);
  return bytes;
}

describe("IDX files", () => {
  const images = idxFile(
    [2, 28, 28],
    Array.from({ length: 1568 }, (_, i) => i % 256),
  );
  const labels = idxFile([2], [7, 3]);

  async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
    const stream = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  const source = (files: Readonly<Record<string, Uint8Array>>): FileSource => ({
    read: async (name) => files[name] ?? null,
    describe: (name) => `here/${name}`,
  });

  test("plain and gzipped", async () => {
    const data = await loadMnist(
      source({
        "train-images-idx3-ubyte": images,
        "train-labels-idx1-ubyte.gz": await gzip(labels),
      }),
      "train",
    );
    expect(data.size).toBe(2);
    expect(data.fields.inputs?.shape).toEqual([2, 28, 28, 1]);
    expect([...(data.fields.labels?.data ?? [])]).toEqual([7, 3]);
  });

  test("missing, cut and mismatched files are told by name", async () => {
    await expect(loadMnist(source({}), "test")).rejects.toThrow(/here\/t10k-images.*nor \.gz/);
    const cut = (await gzip(images)).slice(0, 40);
    const files = { "train-images-idx3-ubyte.gz": cut, "train-labels-idx1-ubyte": labels };
    await expect(loadMnist(source(files), "train")).rejects.toThrow(
      /images.*gzip data must be whole/,
    );
    const three = {
      "train-images-idx3-ubyte": images,
      "train-labels-idx1-ubyte": idxFile([3], [1, 2, 3]),
    };
    await expect(loadMnist(source(three), "train")).rejects.toThrow(/one label per image/);
  });

  test("200 damaged files: a DataError or the same shape, never anything else", () => {
    const random = new HostRandom(11);
    for (let i = 0; i < 200; i++) {
      let bytes = labels.slice();
      if (random.integer(2) === 0) bytes[random.integer(bytes.length)] = random.integer(256);
      else bytes = bytes.slice(0, random.integer(bytes.length));
      try {
        expect(parseIdx("damaged", bytes).shape).toEqual([2]);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }
  });
});
