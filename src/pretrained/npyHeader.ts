// The header of a .npy file: a Python literal with the elements' type, their order and the shape.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import type { ElementKind } from "../data/elements.ts";
import { DataError } from "../errors.ts";

/** "\x93NUMPY", and two bytes for the version. */
const MAGIC = /* @__PURE__ */ Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const VERSION_END = 8;

/** Axes that NumPy arrays can have. */
const MOST_AXES = 64;

/** NumPy's names of the kinds that are read and written. */
const KINDS: Readonly<Record<string, ElementKind>> = {
  f2: "f16",
  f4: "f32",
  f8: "f64",
  i1: "i8",
  i2: "i16",
  i4: "i32",
  i8: "i64",
  u1: "u8",
  u2: "u16",
  u4: "u32",
  u8: "u64",
  b1: "bool",
};

/** What a header tells. */
export interface NpyHeader {
  readonly kind: ElementKind;
  readonly isBigEndian: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly dataStart: number;
}

/**
 * What the header says of a file.
 *
 * @param where  the file's name, for messages.
 * @throws {DataError} if it is none, or says something that is not read.
 */
export function parseNpyHeader(where: string, bytes: Uint8Array): NpyHeader {
  const fail = (rule: string, got: string): never => {
    throw new DataError(where, rule, { got });
  };
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    fail("a .npy file begins with \\x93NUMPY", `${bytes.subarray(0, 6).join(" ")} in bytes`);
  }
  const version = bytes[6] as number;
  if (!(version >= 1 && version <= 3)) fail("the version must be 1, 2 or 3", `${version}`);
  const start = VERSION_END + (version === 1 ? 2 : 4);
  if (bytes.length < start) fail("the header must lie within the file", `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = start + length;
  if (dataStart > bytes.length) {
    fail("the header must lie within the file", `${length} bytes of header in ${bytes.length}`);
  }
  const encoding = version === 3 ? "utf-8" : "latin1";
  const text = new TextDecoder(encoding).decode(bytes.subarray(start, dataStart));
  return { ...parseLiteral(where, text), dataStart };
}

/** An entry of the dictionary: its name, and a text, a truth value or numbers in parentheses. */
const ENTRY = /\s*'(\w+)'\s*:\s*(?:'([^']{1,8})'|(True|False)|\(([\d\s,L]*)\))\s*(,|(?=\}))/y;

function parseLiteral(where: string, text: string): Omit<NpyHeader, "dataStart"> {
  const fail = (rule: string, got: string): DataError =>
    new DataError(where, rule, { got: JSON.stringify(got.slice(0, 120)) });
  const whole = /^\s*\{([^{}]*\})\s*$/.exec(text)?.[1];
  if (whole === undefined) throw fail("the header must be a dictionary of three entries", text);
  const found = new Map<string, string>();
  let at = 0;
  for (;;) {
    ENTRY.lastIndex = at;
    const entry = ENTRY.exec(whole);
    if (entry === null) break;
    at = ENTRY.lastIndex;
    found.set(entry[1] as string, (entry[2] ?? entry[3] ?? entry[4]) as string);
  }
  const [descr, order, lengths] = ["descr", "fortran_order", "shape"].map((key) => found.get(key));
  const isRead = whole.slice(at).trim() === "}";
  if (!isRead || found.size !== 3 || descr === undefined || lengths === undefined) {
    throw fail("the header must have descr, fortran_order and shape, and nothing else", text);
  }
  const [, byteOrder, code = ""] = /^([<>=|])(\w\d)$/.exec(descr) ?? [];
  const kind = Object.hasOwn(KINDS, code) ? KINDS[code] : undefined;
  if (kind === undefined) {
    throw fail("descr must be of f2 to f8, i1 to i8, u1 to u8 or b1", descr);
  }
  if (order !== "True" && order !== "False") {
    throw fail("fortran_order must be True or False", order ?? "none");
  }
  const shape = shapeOf(lengths);
  if (shape === undefined) throw fail("the shape must be lengths", lengths);
  return { kind, isBigEndian: byteOrder === ">", isFortran: order === "True", shape };
}

/** The numbers of a tuple. Python 2 wrote long ones with an L. */
function shapeOf(text: string): number[] | undefined {
  if (text.trim() === "") return [];
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > 1 && parts.at(-1) === "") parts.pop();
  const shape = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : NaN));
  return shape.length <= MOST_AXES && shape.every(Number.isSafeInteger) ? shape : undefined;
}

/** The bytes in front of the elements: a multiple of 64, little-endian, in row-major order. */
export function encodeNpyHeader(kind: ElementKind, shape: readonly number[]): Uint8Array {
  const code = Object.keys(KINDS).find((name) => KINDS[name] === kind);
  const order = ["b1", "i1", "u1"].includes(code as string) ? "|" : "<";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = VERSION_END + 2;
  const total = Math.ceil((start + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set(MAGIC);
  bytes.set([1, 0], MAGIC.length);
  new DataView(bytes.buffer).setUint16(VERSION_END, total - start, true);
  bytes.set(new TextEncoder().encode(text), start);
  bytes[total - 1] = 0x0a;
  return bytes;
}
