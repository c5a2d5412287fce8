import { describe, expect, test } from "vitest";
import { zipSync } from "fflate";
import { DataError, HostRandom } from "../../src/index.ts";
import { type HostArray, bytesSource, crc32 } from "../../src/data/index.ts";
import { decodeNpz, encodeNpz, readNpz } from "../../src/npz/index.ts";
import { encodeNpy } from "../../src/pretrained/index.ts";
import { noise } from "../pretrained/arrays.ts";
import { damagedCopies, expectRefused } from "../pretrained/hostile.ts";

/** Written by NumPy 2.4: `numpy.savez(file, w=…, n=…)`, with n big-endian, and the same packed. */
const NUMPY: Readonly<Record<string, string>> = {
  savez:
    "UEsDBC0AAAAAAAAAIQBP6QAq//////////8FABQAdy5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7" +
    "J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAzKSwgfSAgICAgICAg" +
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAgD8AAABAAABA" +
    "QAAAgEAAAKBAUEsDBC0AAAAAAAAAIQAYKMfB//////////8FABQAbi5ucHkBABAAggAAAAAAAACCAAAAAAAAAJNO" +
    "VU1QWQEAdgB7J2Rlc2NyJzogJz5pMicsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgxLCksIH0g" +
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAdQSwEC" +
    "LQMtAAAAAAAAACEAT+kAKpgAAACYAAAABQAAAAAAAAAAAAAAgAEAAAAAdy5ucHlQSwECLQMtAAAAAAAAACEAGCjH" +
    "wYIAAACCAAAABQAAAAAAAAAAAAAAgAHPAAAAbi5ucHlQSwUGAAAAAAIAAgBmAAAAiAEAAAAA",
  savez_compressed:
    "UEsDBC0AAAAIAAAAIQBP6QAq//////////8FABQAdy5ucHkBABAAmAAAAAAAAABVAAAAAAAAAJvsF+obEMnIUMZQ" +
    "rZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYwaLAHEg5A" +
    "BMQNQLzAAQBQSwMELQAAAAgAAAAhABgox8H//////////wUAFABuLm5weQEAEACCAAAAAAAAAEYAAAAAAAAAm+wX" +
    "6hsQychQxlCtnpJanFykbqWgbpdppK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkahjqaOgq1ChQALgZ2" +
    "AFBLAQItAy0AAAAIAAAAIQBP6QAqVQAAAJgAAAAFAAAAAAAAAAAAAACAAQAAAAB3Lm5weVBLAQItAy0AAAAIAAAA" +
    "IQAYKMfBRgAAAIIAAAAFAAAAAAAAAAAAAACAAYwAAABuLm5weVBLBQYAAAAAAgACAGYAAAAJAQAAAAA=",
};

const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const tensors: Record<string, HostArray> = {
  "net/w": noise(20, 30),
  n: { dtype: "i32", shape: [2], data: Int32Array.of(3, -4) },
  mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
};

test("CRC-32, at once and in parts", () => {
  const bytes = new TextEncoder().encode("123456789");
  expect(crc32(bytes).toString(16)).toBe("cbf43926");
  expect(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4)))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

describe("reading and writing", () => {
  test.each(Object.entries(NUMPY))("NumPy's %s", (_, base64) => {
    expect(decodeNpz("file", bytesOf(base64))).toEqual({
      w: { dtype: "f32", shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
      n: { dtype: "i32", shape: [1], data: Int32Array.of(7) },
    });
  });

  test.each([false, true])("what is written is read; packed: %s", async (isPacked) => {
    const bytes = encodeNpz(tensors, { isPacked });
    expect(await readNpz(bytesSource({ "a.npz": bytes }), "a.npz")).toEqual(tensors);
    expect(encodeNpz(tensors, { isPacked })).toEqual(bytes);
    expect(decodeNpz("a", encodeNpz(tensors, { isPacked, dtype: "f16" }))["net/w"]?.dtype).toBe(
      "f16",
    );
    await expect(readNpz(bytesSource({}), "a.npz")).rejects.toThrow(/must exist/);
  });

  test("longer files are unpacked piece by piece", () => {
    const long = { x: noise(150_000), y: noise(3) };
    const bytes = encodeNpz(long, { isPacked: true });
    expect(bytes.length).toBeGreaterThan(1 << 19);
    const { x, y } = decodeNpz("long", bytes);
    expect(y).toEqual(long.y);
    expect(x?.data.every((value, i) => value === long.x.data[i])).toBe(true);
  });

  test("files that are no arrays are passed over, and a comment may stand behind", () => {
    const x = noise(2);
    const zip = zipSync(
      { "readme.txt": new Uint8Array(9), "x.npy": encodeNpy(x) },
      { comment: "c" },
    );
    expect(decodeNpz("file", zip)).toEqual({ x });
    const commented = new Uint8Array(zip.length + 5);
    commented.set(zip);
    new DataView(commented.buffer).setUint16(zip.length - 2, 5, true);
    expect(decodeNpz("file", commented)).toEqual({ x });
  });
});

describe("hostile files", () => {
  test.each([false, true])("200 damaged ones; packed: %s", async (isPacked) => {
    const whole = encodeNpz(tensors, { isPacked });
    // The directory is at the end: looked at more closely there, and at the first file's header.
    const turned = (bytes: Uint8Array): Uint8Array => bytes.slice().reverse();
    const fromEnd = [...damagedCopies(turned(whole), 240, 1, 100)].map(turned);
    const copies = [...damagedCopies(whole, 200, 2, 100), ...fromEnd];
    const refused = await expectRefused(copies, (bytes) => decodeNpz("damaged", bytes));
    expect(refused).toBeGreaterThan(150);
  });

  const zeros: HostArray = { dtype: "f32", shape: [1_000_000], data: new Float32Array(1_000_000) };

  test("a zip bomb is refused before it is unpacked, unless its size is allowed", () => {
    const bomb = encodeNpz({ zeros }, { isPacked: true });
    expect(bomb.length).toBeLessThan(10_000);
    const decode = (): unknown => decodeNpz("bomb.npz", bomb);
    expect(decode).toThrow(DataError);
    expect(decode).toThrow(
      /bomb\.npz: zeros\.npy: arrays must take no more than \d+ bytes.*4000128/,
    );
    expect(decodeNpz("bomb.npz", bomb, { maxBytes: 4_000_128 }).zeros?.data).toHaveLength(
      1_000_000,
    );
  });

  /** The place of the first entry in the directory. */
  const entryOf = (zip: Uint8Array): number =>
    new DataView(zip.buffer).getUint32(zip.length - 6, true);

  test.each(["short", "long"])("a %s bomb that says it is small", (kind) => {
    const random = new HostRandom(3);
    const size = kind === "short" ? 1000 : 150_000;
    const data = Float32Array.from({ length: size + 1_000_000 }, (_, i) =>
      i < size ? random.uniform() : 0,
    );
    const bomb = encodeNpz({ x: { dtype: "f32", shape: [data.length], data } }, { isPacked: true });
    expect(bomb.length > 1 << 19).toBe(kind === "long");
    new DataView(bomb.buffer).setUint32(entryOf(bomb) + 24, 4 * size + 128, true);
    const decode = (): unknown => decodeNpz("bomb.npz", bomb);
    expect(decode).toThrow(DataError);
    expect(decode).toThrow(/must have the size that the directory says.*more than/);
  });

  test("many small arrays that are large together", () => {
    const part: HostArray = { dtype: "f32", shape: [4000], data: new Float32Array(4000) };
    const names = Array.from({ length: 50 }, (_, i) => `x${i}`);
    const bomb = encodeNpz(Object.fromEntries(names.map((name) => [name, part])), {
      isPacked: true,
    });
    expect(() => decodeNpz("bomb.npz", bomb)).toThrow(/no more than/);
  });

  test("i1 that becomes i32 counts by what it becomes", () => {
    const header = "{'descr': '|i1', 'fortran_order': False, 'shape': (6000,), }\n";
    const file = new Uint8Array(10 + header.length + 6000);
    file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
    file.set(new TextEncoder().encode(header), 10);
    const stored = zipSync({ "x.npy": file }, { level: 0 });
    expect(decodeNpz("x", stored).x?.data).toHaveLength(6000);
    expect(() => decodeNpz("x", stored, { maxBytes: 23_999 })).toThrow(/no more than 23999/);
  });

  test.each<[string, (zip: Uint8Array, view: DataView) => void, RegExp]>([
    ["another checksum", (zip, view) => view.setUint32(entryOf(zip) + 16, 1, true), /checksum/],
    ["encrypted", (zip, view) => view.setUint16(entryOf(zip) + 8, 1, true), /not be encrypted/],
    ["another method", (zip, view) => view.setUint16(entryOf(zip) + 10, 14, true), /deflate.*14/],
    ["elsewhere", (zip, view) => view.setUint32(entryOf(zip) + 42, 9, true), /where the directory/],
    [
      "beyond the end",
      (zip, view) => view.setUint32(entryOf(zip) + 20, 1e6, true),
      /directory says/,
    ],
    ["more files", (zip, view) => view.setUint16(zip.length - 12, 9, true), /directory/],
    ["no end", (zip) => zip.fill(0, zip.length - 22), /ends with its directory/],
  ])("%s", (_, damage, message) => {
    const zip = encodeNpz(tensors, { isPacked: true });
    damage(zip, new DataView(zip.buffer));
    expect(() => decodeNpz("file", zip)).toThrow(DataError);
    expect(() => decodeNpz("file", zip)).toThrow(message);
  });

  test("files that overlap, and two of one name", () => {
    const zip = encodeNpz({ a: noise(100), b: noise(100) });
    const view = new DataView(zip.buffer);
    const second = entryOf(zip) + 46 + "a.npy".length;
    for (const at of [16, 20, 24, 42]) {
      view.setUint32(second + at, view.getUint32(entryOf(zip) + at, true), true);
    }
    expect(decodeNpz("file", zip).b).toBeDefined();
    zip[second + 46] = "a".charCodeAt(0);
    expect(() => decodeNpz("file", zip)).toThrow(/two of a\.npy/);
    const names = Array.from({ length: 40 }, (_, i) => `${String.fromCharCode(65 + i)}`);
    const many = encodeNpz({
      ...Object.fromEntries(names.map((name) => [name, noise(1)])),
      z: noise(999),
    });
    const all = new DataView(many.buffer);
    const entry = (i: number): number => entryOf(many) + i * (46 + "a.npy".length);
    for (const i of names.keys()) {
      for (const at of [16, 20, 24, 42]) {
        all.setUint32(entry(i) + at, all.getUint32(entry(names.length) + at, true), true);
      }
    }
    expect(() => decodeNpz("file", many)).toThrow(/must not overlap/);
  });
});
