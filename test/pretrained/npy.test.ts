import { describe, expect, test } from "vitest";
import { DataError, UsageError } from "../../src/index.ts";
import { type HostArray, bytesSource } from "../../src/data/index.ts";
import { decodeNpy, encodeNpy, readNpy } from "../../src/pretrained/index.ts";
import { noise } from "./arrays.ts";

const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Written by NumPy 2.4: `numpy.lib.format.write_array`. */
const NUMPY: Readonly<Record<string, readonly [base64: string, array: HostArray]>> = {
  "f8, big-endian, Fortran's order": [
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyks" +
      "IH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAA" +
      "AAAAAD/4AAAAAAAAP+AAAAAAAABAAAAAAAAAAD/wAAAAAAAAQAQAAAAAAAA=",
    { dtype: "f32", shape: [2, 3], data: Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5) },
  ],
  "i8, version 2": [
    "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywp" +
      "LCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAAA" +
      "AAAAAP7/////////AwAAAAAAAAA=",
    { dtype: "i32", shape: [3], data: Int32Array.of(1, -2, 3) },
  ],
  "b1 without axes, version 3": [
    "k05VTVBZAwB0AAAAeydkZXNjcic6ICd8YjEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoKSwg" +
      "fSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB",
    { dtype: "bool", shape: [], data: Uint8Array.of(1) },
  ],
};

/** A file with these elements, in the other order of bytes where that is asked for. */
function file(descr: string, data: ArrayBufferView, shape: string, order = "False"): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const bytes = new Uint8Array(10 + header.length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  bytes.set(new TextEncoder().encode(header), 10);
  const width = Number(descr[2]);
  const own = new Uint8Array(data.buffer.slice(0) as ArrayBuffer);
  for (let i = 0; descr[0] === ">" && i < own.length; i += width)
    own.subarray(i, i + width).reverse();
  bytes.set(own, 10 + header.length);
  return bytes;
}

describe("reading", () => {
  test.each(Object.entries(NUMPY))("NumPy's %s", (_, [base64, array]) => {
    expect(decodeNpy("file", bytesOf(base64))).toEqual(array);
  });

  test.each<[string, ArrayBufferView, HostArray["dtype"], number[]]>([
    ["f2", Uint16Array.of(0x3e00, 0xc000), "f16", [1.5, -2]],
    ["f4", Float32Array.of(1.5, -2), "f32", [1.5, -2]],
    ["f8", Float64Array.of(1.5, -2), "f32", [1.5, -2]],
    ["i1", Int8Array.of(-1, 2), "i32", [-1, 2]],
    ["i2", Int16Array.of(-1, 2), "i32", [-1, 2]],
    ["i4", Int32Array.of(-1, 2), "i32", [-1, 2]],
    ["i8", BigInt64Array.of(-1n, 2n), "i32", [-1, 2]],
    ["u1", Uint8Array.of(1, 255), "u8", [1, 255]],
    ["u2", Uint16Array.of(1, 65535), "u32", [1, 65535]],
    ["u4", Uint32Array.of(1, 4294967295), "u32", [1, 4294967295]],
    ["u8", BigUint64Array.of(1n, 4294967295n), "u32", [1, 4294967295]],
    ["b1", Uint8Array.of(0, 2), "bool", [0, 1]],
  ])("%s in both orders of bytes", (code, data, dtype, wanted) => {
    for (const order of ["<", ">", "|"]) {
      const array = decodeNpy("file", file(`${order}${code}`, data, "(2L,)"));
      expect({ ...array, data: [...array.data] }).toEqual({ dtype, shape: [2], data: wanted });
    }
  });

  test("three axes in Fortran's order", () => {
    // Element [i, j, k] is i + 2 j + 6 k.
    const data = Int16Array.from({ length: 24 }, (_, i) => i);
    const array = decodeNpy("file", file("<i2", data, "(2, 3, 4)", "True"));
    const wanted = [0, 1].flatMap((i) =>
      [0, 1, 2].flatMap((j) => [0, 1, 2, 3].map((k) => i + 2 * j + 6 * k)),
    );
    expect([...array.data]).toEqual(wanted);
    expect([...decodeNpy("file", file("<i2", new Int16Array(0), "(0, 3)", "True")).data]).toEqual(
      [],
    );
  });

  test("what does not fit is told by its place", () => {
    const long = file("<i8", BigInt64Array.of(1n, -(2n ** 31n) - 1n), "(2,)");
    expect(() => decodeNpy("a.npy", long)).toThrow(
      /a\.npy: elements of i64 must fit i32.*element 1/,
    );
    const small = file("|i1", new Int8Array(8), "(8,)");
    expect(() => decodeNpy("a.npy", small, { maxBytes: 31 })).toThrow(/no more than 31 bytes/);
    expect(decodeNpy("a.npy", small, { maxBytes: 32 }).data).toHaveLength(8);
  });

  test("by a source", async () => {
    const x = noise(2, 3);
    const source = bytesSource({ "x.npy": encodeNpy(x) });
    expect(await readNpy(source, "x.npy")).toEqual(x);
    await expect(readNpy(source, "y.npy")).rejects.toThrow(/must exist.*memory\/y\.npy/);
    await expect(readNpy(source, "y.npy")).rejects.toThrow(DataError);
  });
});

describe("writing", () => {
  test("as NumPy does, byte for byte", () => {
    const [base64, array] = NUMPY["b1 without axes, version 3"] as readonly [string, HostArray];
    const [ours, theirs] = [encodeNpy(array), bytesOf(base64)];
    expect(ours.subarray(10, 60)).toEqual(theirs.subarray(12, 62));
    expect(ours).toHaveLength(129);
  });

  test.each<HostArray>([
    { dtype: "f32", shape: [2, 1], data: Float32Array.of(1.5, -2) },
    { dtype: "f16", shape: [2], data: Float32Array.of(1.5, -2) },
    { dtype: "i32", shape: [], data: Int32Array.of(-7) },
    { dtype: "u32", shape: [1, 1, 2], data: Uint32Array.of(7, 4294967295) },
    { dtype: "u8", shape: [0, 3], data: new Uint8Array(0) },
    { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
  ])("$dtype $shape is read again", (array) => {
    const bytes = encodeNpy(array);
    expect(bytes.length - array.data.length * (array.dtype === "f16" ? 2 : 4)).toBeLessThan(129);
    expect(decodeNpy("file", bytes)).toEqual(array);
  });

  test("floats in other sizes", () => {
    const x = noise(3);
    expect(encodeNpy(x, { dtype: "f64" })).toHaveLength(128 + 24);
    expect(decodeNpy("file", encodeNpy(x, { dtype: "f64" }))).toEqual(x);
    expect(decodeNpy("file", encodeNpy(x, { dtype: "f16" })).dtype).toBe("f16");
    const large: HostArray = { ...x, data: Float32Array.of(1, 70000, 2) };
    expect(() => encodeNpy(large, { dtype: "f16" })).toThrow(UsageError);
    expect(() => encodeNpy({ ...x, shape: [4] })).toThrow(DataError);
  });
});
