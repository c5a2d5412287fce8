import { describe, expect, test } from "vitest";
import { DataError, UsageError } from "../../src/index.ts";
import {
  type FileSource,
  type HostArray,
  bytesSource,
  directorySource,
  fileListSource,
} from "../../src/data/index.ts";
import { openSafetensors, readTensors, saveSafetensors } from "../../src/pretrained/index.ts";
import {
  MemoryWorkspace,
  OpfsWorkspace,
  decodeSafetensors,
  encodeSafetensors,
  workspaceSource,
} from "../../src/workspace/index.ts";
import { noise } from "./arrays.ts";

/** A file as others write it. */
function file(header: object, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const one = (dtype: string, data: ArrayBufferView, count: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return file({ x: { dtype, shape: [count], data_offsets: [0, bytes.length] } }, bytes);
};

describe("dtypes", () => {
  test.each<[string, ArrayBufferView, string, number[]]>([
    ["BF16", Uint16Array.of(0x3fc0, 0xc000, 0x7f80), "f32", [1.5, -2, Infinity]],
    ["F16", Uint16Array.of(0x3e00, 0x0001, 0xfc00), "f16", [1.5, 2 ** -24, -Infinity]],
    ["F64", Float64Array.of(1.5, NaN, -Infinity), "f32", [1.5, NaN, -Infinity]],
    ["I8", Int8Array.of(-3, 0, 7), "i32", [-3, 0, 7]],
    ["I16", Int16Array.of(-300, 0, 7), "i32", [-300, 0, 7]],
    ["I64", BigInt64Array.of(-3n, 0n, 2147483647n), "i32", [-3, 0, 2147483647]],
    ["U8", Uint8Array.of(1, 2, 255), "u8", [1, 2, 255]],
    ["U16", Uint16Array.of(1, 2, 65535), "u32", [1, 2, 65535]],
    ["U64", BigUint64Array.of(1n, 2n, 4294967295n), "u32", [1, 2, 4294967295]],
    ["BOOL", Uint8Array.of(0, 1, 1), "bool", [0, 1, 1]],
  ])("%s", (name, data, dtype, wanted) => {
    const { x } = decodeSafetensors("file", one(name, data, wanted.length)).tensors;
    expect(x?.dtype).toBe(dtype);
    expect([...(x as HostArray).data]).toEqual(wanted);
  });

  test.each<[string, ArrayBufferView, RegExp]>([
    ["I64", BigInt64Array.of(0n, 2147483648n), /file: x: elements of i64 must fit i32.*2147483648/],
    ["U64", BigUint64Array.of(0n, 4294967296n), /elements of u64 must fit u32/],
    ["F64", Float64Array.of(0, 1e300), /elements of f64 must fit f32.*1e\+300 at element 1/],
    ["F8_E4M3", Uint8Array.of(0, 1), /the dtype must be one of F64, F32, F16, BF16/],
  ])("%s beyond what arrays hold", (name, data, message) => {
    const decode = (): unknown => decodeSafetensors("file", one(name, data, 2));
    expect(decode).toThrow(DataError);
    expect(decode).toThrow(message);
  });

  test("what is written as f16 or bf16 is rounded to the nearest, and must fit", () => {
    const x: HostArray = {
      dtype: "f32",
      shape: [3],
      data: Float32Array.of(1 / 3, -70000, 1.00390625),
    };
    const tensors = { x, n: { dtype: "i32", shape: [1], data: Int32Array.of(70000) } as HostArray };
    const bytes = encodeSafetensors({ tensors, metadata: {} }, { dtype: "bf16" });
    const back = decodeSafetensors("file", bytes).tensors;
    // 1 + 2⁻⁸ lies halfway between 1 and 1 + 2⁻⁷, of which 1 is even.
    expect([...(back.x as HostArray).data]).toEqual([0.333984375, -70144, 1]);
    expect(back.n).toEqual(tensors.n);
    const encode = (): unknown => encodeSafetensors({ tensors, metadata: {} }, { dtype: "f16" });
    expect(encode).toThrow(UsageError);
    expect(encode).toThrow(/numbers must fit f16.*-70000/);
    const f16 = encodeSafetensors({ tensors: { x: noise(8) }, metadata: {} }, { dtype: "f16" });
    expect(decodeSafetensors("file", f16).tensors.x?.dtype).toBe("f16");
    const short: HostArray = { ...x, shape: [4] };
    expect(() => encodeSafetensors({ tensors: { short }, metadata: {} })).toThrow(DataError);
  });
});

const tensors: Record<string, HostArray> = { a: noise(3, 4), b: noise(5), c: noise(2, 2) };

/** What of a source was read, by range. */
function watched(source: FileSource): { source: FileSource; ranges: [string, number, number][] } {
  const ranges: [string, number, number][] = [];
  const readRange: FileSource["readRange"] = async (name, start, end) => {
    ranges.push([name, start, end]);
    return (await source.readRange?.(name, start, end)) ?? null;
  };
  return { source: { ...source, readRange }, ranges };
}

describe("reading", () => {
  const bytes = encodeSafetensors({ tensors, metadata: { made: "here" } });

  test("the header first, then the bytes of an array that is asked for", async () => {
    // So long that the beginning, which is read at once, does not hold all.
    const long = { ...tensors, z: noise(40_000) };
    const whole = encodeSafetensors({ tensors: long, metadata: { made: "here" } });
    const { source, ranges } = watched(bytesSource({ "m.safetensors": whole }));
    const reader = await openSafetensors(source, "m.safetensors");
    expect(reader.tensors.get("a")).toEqual({ dtype: "f32", shape: [3, 4], bytes: 48 });
    expect(reader.metadata).toEqual({ made: "here" });
    expect(ranges).toEqual([["m.safetensors", 0, 65536]]);
    expect(await reader.read("z")).toEqual(long.z);
    expect(ranges[1]).toEqual(["m.safetensors", whole.length - 160_000, whole.length]);
    expect(await reader.read("b")).toEqual(long.b);
    expect(ranges).toHaveLength(2);
    await expect(reader.read("q")).rejects.toThrow(UsageError);
  });

  test("a header that is longer than the beginning", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1200 }, (_, i) => [`layer.${i}.weight`, noise(1)]),
    );
    const whole = encodeSafetensors({ tensors: many, metadata: {} });
    const reader = await openSafetensors(bytesSource({ "m.safetensors": whole }), "m.safetensors");
    expect(await readTensors(reader)).toEqual(many);
  });

  test("of sources that have no ranges, or answer with all, the file once", async () => {
    let reads = 0;
    const plain: FileSource = {
      describe: (name) => name,
      read: async () => {
        reads++;
        return bytes;
      },
    };
    expect(await readTensors(await openSafetensors(plain))).toEqual(tensors);
    expect(reads).toBe(1);
    const all: FileSource = {
      ...plain,
      readRange: async () => {
        reads++;
        return { start: 0, bytes, size: bytes.length };
      },
    };
    expect(await readTensors(await openSafetensors(all))).toEqual(tensors);
    expect(reads).toBe(2);
  });

  test("some arrays, with progress", async () => {
    const reader = await openSafetensors(bytesSource({ "model.safetensors": bytes }));
    const progress: number[] = [];
    const found = await readTensors(reader, {
      names: ["c", "a"],
      onProgress: ({ loaded, total }) => progress.push(loaded, total),
    });
    expect(found).toEqual({ c: tensors.c, a: tensors.a });
    expect(progress).toEqual([16, 64, 64, 64]);
    await expect(readTensors(reader, { names: ["none"] })).rejects.toThrow(/one of the file's/);
  });

  test("files that a user picked", async () => {
    const picked = fileListSource([new File([bytes], "model.safetensors")]);
    expect(await readTensors(await openSafetensors(picked))).toEqual(tensors);
    expect(await picked.readRange?.("none", 0, 1)).toBeNull();
  });

  test.runIf(globalThis.navigator?.storage !== undefined)(
    "files of a folder's handle",
    async () => {
      const workspace = new OpfsWorkspace("pretrained-test");
      await workspace.write("net/model.safetensors", bytes);
      const root = await navigator.storage.getDirectory();
      const folder = directorySource(await root.getDirectoryHandle("pretrained-test"));
      expect(await readTensors(await openSafetensors(folder, "net/model.safetensors"))).toEqual(
        tensors,
      );
      const part = await folder.readRange?.("net/model.safetensors", 8, 10);
      expect(part).toEqual({ start: 8, bytes: bytes.slice(8, 10), size: bytes.length });
      expect(await folder.readRange?.("net/none", 0, 1)).toBeNull();
      await root.removeEntry("pretrained-test", { recursive: true });
    },
  );

  test("a file that is not there, cut off, or becomes shorter", async () => {
    await expect(openSafetensors(bytesSource({}))).rejects.toThrow(
      /neither memory\/model.safetensors nor memory\/model.safetensors.index.json/,
    );
    const cut = bytesSource({ "model.safetensors": bytes.slice(0, -4) });
    await expect(openSafetensors(cut)).rejects.toThrow(/the data must end with the last array/);
    const long = encodeSafetensors({ tensors: { a: noise(9), z: noise(40_000) }, metadata: {} });
    const files = { "model.safetensors": long };
    // A server that does not tell the size.
    const memory = bytesSource(files);
    const readRange: FileSource["readRange"] = async (name, start, end) => {
      const part = await memory.readRange?.(name, start, end);
      return part ? { ...part, size: undefined } : null;
    };
    const reader = await openSafetensors({ ...memory, readRange });
    files["model.safetensors"] = long.slice(0, -1);
    await expect(reader.read("z")).rejects.toThrow(/must have bytes .* an end at/);
    await expect(reader.read("z")).rejects.toThrow(DataError);
  });
});

describe("writing", () => {
  test("one file, or several with an index", async () => {
    const workspace = new MemoryWorkspace();
    const source = workspaceSource(workspace);
    const written = await saveSafetensors(workspace, "net/model.safetensors", tensors, {
      maxShardBytes: 68,
      metadata: { by: "renga" },
    });
    expect(written).toEqual([
      "net/model-00001-of-00002.safetensors",
      "net/model-00002-of-00002.safetensors",
      "net/model.safetensors.index.json",
    ]);
    expect(await workspace.list()).toEqual(written.toSorted());
    const text = new TextDecoder().decode(
      (await workspace.read(written[2] as string)) as Uint8Array,
    );
    expect(JSON.parse(text)).toEqual({
      metadata: { by: "renga", total_size: 84 },
      weight_map: {
        a: "model-00001-of-00002.safetensors",
        b: "model-00001-of-00002.safetensors",
        c: "model-00002-of-00002.safetensors",
      },
    });
    for (const name of ["net/model.safetensors", "net/model.safetensors.index.json"]) {
      const reader = await openSafetensors(source, name);
      expect(reader.metadata).toEqual({ by: "renga" });
      expect(await readTensors(reader)).toEqual(tensors);
    }
    const path = "net/model.safetensors";
    expect(await saveSafetensors(workspace, path, tensors)).toEqual([path]);
    expect(await workspace.read("net/model.safetensors.index.json")).toBeNull();
    expect(await readTensors(await openSafetensors(source, path))).toEqual(tensors);
    await saveSafetensors(workspace, path, { ...tensors, b: noise(5) }, { maxShardBytes: 50 });
    expect(await workspace.read(path)).toBeNull();
    await expect(saveSafetensors(workspace, "a.bin", tensors)).rejects.toThrow(UsageError);
    const none = saveSafetensors(workspace, path, tensors, { maxShardBytes: 0 });
    await expect(none).rejects.toThrow(/maxShardBytes must be positive/);
  });

  test("an index must name files that are there and have its arrays", async () => {
    const shard = encodeSafetensors({ tensors, metadata: {} });
    const open = (map: unknown): Promise<unknown> => {
      const index = new TextEncoder().encode(JSON.stringify({ weight_map: map }));
      const files = { "m.safetensors.index.json": index, "s.safetensors": shard };
      return openSafetensors(bytesSource(files), "m.safetensors");
    };
    await expect(open({ a: "s.safetensors" })).resolves.toBeDefined();
    await expect(open({ q: "s.safetensors" })).rejects.toThrow(/must have the arrays.*no q/);
    await expect(open({ a: "t.safetensors" })).rejects.toThrow(/must exist.*no memory\/t/);
    await expect(open([])).rejects.toThrow(/weight_map/);
    const strange = [
      "../s.safetensors",
      "https://a/s.safetensors",
      "%2e%2e",
      "s.pt",
      "a?.safetensors",
    ];
    for (const name of strange) {
      await expect(open({ a: name })).rejects.toThrow(/beside the index/);
    }
  });
});
