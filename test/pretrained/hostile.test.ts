// 200 damaged files of each format, and the worst that could be in one on purpose.

import { describe, expect, test } from "vitest";
import { DataError } from "../../src/index.ts";
import { type HostArray, bytesSource } from "../../src/data/index.ts";
import { decodeNpy, encodeNpy, openSafetensors, readTensors } from "../../src/pretrained/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/workspace/index.ts";
import { noise } from "./arrays.ts";
import { damagedCopies, expectRefused } from "./hostile.ts";

const tensors: Record<string, HostArray> = {
  "net/w": noise(20, 30),
  "net/b": noise(30),
  steps: { dtype: "i32", shape: [], data: Int32Array.of(7) },
  mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
};

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe("damaged by chance", () => {
  const whole = encodeSafetensors({ tensors, metadata: { note: "ü" } });
  const header = whole.length - 4 * (600 + 30 + 1) - 3;

  test("safetensors, whole", async () => {
    const decode = (bytes: Uint8Array): Record<string, HostArray> =>
      decodeSafetensors("damaged", bytes).tensors;
    expect(await expectRefused(damagedCopies(whole, header, 1), decode)).toBeGreaterThan(140);
  });

  test("safetensors, array by array", async () => {
    const decode = async (bytes: Uint8Array): Promise<Record<string, HostArray>> =>
      readTensors(await openSafetensors(bytesSource({ "model.safetensors": bytes })));
    expect(await expectRefused(damagedCopies(whole, header, 2), decode)).toBeGreaterThan(140);
  });

  test("an index of several files", async () => {
    const shard = "model-00001-of-00001.safetensors";
    const names = Object.keys(tensors);
    const map = Object.fromEntries(names.map((name) => [name, shard]));
    const index = text({ metadata: { total_size: 2527 }, weight_map: map });
    const decode = async (bytes: Uint8Array): Promise<Record<string, HostArray>> => {
      const files = { "model.safetensors.index.json": bytes, [shard]: whole };
      const reader = await openSafetensors(bytesSource(files));
      for (const name of reader.tensors.keys()) expect(names).toContain(name);
      return {};
    };
    const copies = damagedCopies(index, index.length, 3);
    expect(await expectRefused(copies, decode)).toBeGreaterThan(130);
  });

  test.each(Object.keys(tensors))(".npy of %s", async (name) => {
    const bytes = encodeNpy(tensors[name] as HostArray);
    const decode = (damage: Uint8Array): Record<string, HostArray> => ({
      x: decodeNpy("x", damage),
    });
    // Digits, names and brackets lie in the first half of the header.
    expect(await expectRefused(damagedCopies(bytes, 72, 4), decode)).toBeGreaterThan(120);
  });
});

describe("made on purpose", () => {
  /** A file with this header. */
  function file(header: string | object, dataBytes: number, length?: bigint): Uint8Array {
    const json = new TextEncoder().encode(
      typeof header === "string" ? header : JSON.stringify(header),
    );
    const bytes = new Uint8Array(8 + json.length + dataBytes);
    new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  }
  const entry = (dtype: string, shape: unknown, ...offsets: unknown[]): object => {
    return { dtype, shape, data_offsets: offsets };
  };
  const deep = "[".repeat(200_000) + "]".repeat(200_000);

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["a header beyond the file", file({}, 8, 2n ** 63n)],
    ["a header of 2⁶⁴ − 1 bytes", file({}, 8, 2n ** 64n - 1n)],
    ["overlapping arrays", file({ a: entry("F32", [2], 0, 8), b: entry("F32", [2], 4, 12) }, 12)],
    ["the same bytes twice", file({ a: entry("F32", [2], 0, 8), b: entry("F32", [2], 0, 8) }, 8)],
    ["a gap", file({ a: entry("F32", [1], 0, 4), b: entry("F32", [1], 8, 12) }, 12)],
    ["bytes behind the last", file({ a: entry("F32", [1], 0, 4) }, 12)],
    ["an array beyond the file", file({ a: entry("F32", [1024], 0, 4096) }, 12)],
    ["negative lengths", file({ a: entry("F32", [-1, -2], 0, 8) }, 8)],
    ["lengths that are no whole numbers", file({ a: entry("F32", [0.5, 4], 0, 8) }, 8)],
    ["lengths that are texts", file({ a: entry("F32", ["2"], 0, 8) }, 8)],
    ["a size beyond 2⁵³", file({ a: entry("F32", [2 ** 40, 2 ** 40], 0, 8) }, 8)],
    ["a size that becomes infinite", file({ a: entry("F32", Array(40).fill(2 ** 50), 0, 8) }, 8)],
    ["an end before the start", file({ a: entry("F32", [2], 8, 0) }, 8)],
    ["no end", file({ a: entry("F32", [2], 0) }, 8)],
    ["another dtype's size", file({ a: entry("F64", [2], 0, 8) }, 8)],
    ["no such dtype", file({ a: entry("F31", [2], 0, 8) }, 8)],
    ["a dtype that every object has", file({ a: entry("constructor", [2], 0, 8) }, 8)],
    ["a header that is a list", file("[]", 0)],
    ["metadata that are numbers", file({ __metadata__: { a: 1 } }, 0)],
    ["an entry that is nested without end", file(`{"a":${deep}}`, 0)],
    ["metadata that are nested without end", file(`{"__metadata__":${deep}}`, 0)],
    ["a header that is no UTF-8", file({}, 0).fill(0xff, 8)],
  ])("safetensors: %s", async (_, bytes) => {
    expect(() => decodeSafetensors("file", bytes)).toThrow(DataError);
    const source = bytesSource({ "model.safetensors": bytes });
    await expect(openSafetensors(source)).rejects.toThrow(DataError);
  });

  test("names that every object has are names like others", () => {
    const header = JSON.stringify({ x: entry("U8", [1], 0, 1) }).replace("x", "__proto__");
    const found = decodeSafetensors("file", file(header, 1)).tensors;
    expect(Object.keys(found)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });

  test("an index that is nested without end", async () => {
    for (const index of [`{"weight_map":${deep}}`, deep, `{"weight_map":{"a":${deep}}}`]) {
      const bytes = new TextEncoder().encode(index);
      const source = bytesSource({ "model.safetensors.index.json": bytes });
      await expect(openSafetensors(source)).rejects.toThrow(DataError);
    }
  });

  const npy = (
    header: string,
    dataBytes: number,
    version = 1,
    length = header.length,
  ): Uint8Array => {
    const start = version === 1 ? 10 : 12;
    const bytes = new Uint8Array(start + header.length + dataBytes);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
    const view = new DataView(bytes.buffer);
    if (version === 1) view.setUint16(8, length, true);
    else view.setUint32(8, length, true);
    bytes.set(new TextEncoder().encode(header), start);
    return bytes;
  };
  const literal = (descr: string, order: string, shape: string): string =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["a header beyond the file", npy("{}", 0, 2, 0xffffffff)],
    ["version 4", npy(literal("'<f4'", "False", "()"), 4, 4)],
    ["a negative length", npy(literal("'<f4'", "False", "(-1,)"), 4)],
    ["a length beyond 2⁵³", npy(literal("'<f4'", "False", "(99999999999999999999,)"), 4)],
    ["a size beyond the file", npy(literal("'<f4'", "False", "(4294967295, 4294967295)"), 4)],
    [
      "a size that becomes infinite",
      npy(literal("'<f4'", "False", `(${"9999999999,".repeat(64)})`), 4),
    ],
    ["65 axes", npy(literal("'<f4'", "False", `(${"1,".repeat(65)})`), 4)],
    ["fewer bytes", npy(literal("'<f4'", "False", "(2,)"), 7)],
    ["more bytes", npy(literal("'<f4'", "False", "(2,)"), 9)],
    ["Python objects", npy(literal("'|O'", "False", "(1,)"), 8)],
    ["complex numbers", npy(literal("'<c8'", "False", "(1,)"), 8)],
    ["records", npy(literal("[('a', '<f4')]", "False", "(1,)"), 4)],
    ["an order that is no truth value", npy(literal("'<f4'", "1", "(1,)"), 4)],
    ["a shape that is a number", npy(literal("'<f4'", "False", "1"), 4)],
    ["a shape with nothing between commas", npy(literal("'<f4'", "False", "(1,,1)"), 4)],
    ["code", npy(literal("'<f4'", "False", "(__import__('os'),)"), 4)],
    [
      "one entry too many",
      npy("{'a': 'b', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4),
    ],
    [
      "something behind the entries",
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), x}", 4),
    ],
    ["something behind the dictionary", npy(`${literal("'<f4'", "False", "()")} x`, 4)],
    ["no header", npy("", 4)],
    ["spaces without end", npy(`{${" ".repeat(400_000)}`, 4, 2)],
    ["brackets without end", npy("{".repeat(400_000), 4, 2)],
  ])(".npy: %s", (_, bytes) => {
    expect(() => decodeNpy("file", bytes)).toThrow(DataError);
  });
});
