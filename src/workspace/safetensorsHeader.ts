// The header of a safetensors file: what arrays there are, and which bytes they have. Nothing in it is trusted.
// https://huggingface.co/docs/safetensors

import { type ElementKind, bytesPerElement } from "../data/elements.ts";
import { DataError } from "../errors.ts";

/** The bytes in front of the header, which say its length. */
export const LENGTH_BYTES = 8;

/** The longest header that the format allows, in bytes. */
const MOST_HEADER_BYTES = 100_000_000;

/** An array of a file. */
export interface TensorEntry {
  readonly name: string;
  readonly kind: ElementKind;
  readonly shape: readonly number[];
  /** Its bytes, counted from the end of the header. */
  readonly start: number;
  readonly end: number;
}

/** What a header tells. */
export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes behind the header. */
  readonly dataBytes: number;
}

/** What the format calls the kinds of elements. */
export const KIND_NAMES: Readonly<Record<ElementKind, string>> = {
  f64: "F64",
  f32: "F32",
  f16: "F16",
  bf16: "BF16",
  i64: "I64",
  i32: "I32",
  i16: "I16",
  i8: "I8",
  u64: "U64",
  u32: "U32",
  u16: "U16",
  u8: "U8",
  bool: "BOOL",
};

const KINDS = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(KIND_NAMES).map(([kind, name]) => [name, kind as ElementKind]),
);

/**
 * The length of a header, in bytes.
 *
 * @param first     the file's first bytes.
 * @param fileSize  bytes of the file; undefined if nobody knows.
 * @throws {DataError} if the file has no room for it.
 */
export function headerLength(source: string, first: Uint8Array, fileSize?: number): number {
  if (first.length < LENGTH_BYTES) {
    const got = `${first.length} bytes`;
    throw new DataError(source, "a safetensors file begins with 8 bytes", { got });
  }
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const room = (fileSize ?? Infinity) - LENGTH_BYTES;
  if (length <= Math.min(room, MOST_HEADER_BYTES)) return length;
  const got = `a header of ${length} bytes in ${fileSize ?? "any number of"}`;
  throw new DataError(source, "the header must lie within the file, and within 100 MB", { got });
}

/**
 * What the bytes of a header say.
 *
 * @param dataBytes  bytes behind the header; undefined if nobody knows.
 * @throws {DataError} if anything in it does not fit.
 */
export function parseHeader(
  source: string,
  bytes: Uint8Array,
  dataBytes?: number,
): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...described } = parseObject(source, bytes);
  if (!isTexts(metadata)) {
    throw new DataError(source, "the metadata must be texts by name", { got: shown(metadata) });
  }
  const entries = Object.entries(described).map(([name, entry]) => readEntry(source, name, entry));
  const inOrder = entries.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { start, end } of inOrder) {
    if (start !== at) {
      const got = `byte ${start} after ${at}`;
      throw new DataError(source, "the arrays must fill the data without gaps or overlaps", {
        got,
      });
    }
    at = end;
  }
  if (dataBytes !== undefined && at !== dataBytes) {
    const got = `${dataBytes} bytes of data for ${at} of arrays`;
    throw new DataError(source, "the data must end with the last array", { got });
  }
  return { entries, metadata, dataBytes: at };
}

/** Whether a value is an object of values by name. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is texts by name. */
export function isTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === "string");
}

/**
 * The object that bytes are the JSON of.
 *
 * @throws {DataError} if they are none.
 */
export function parseObject(source: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const object: unknown = JSON.parse(text);
    if (isRecord(object)) return object;
  } catch {
    // told below
  }
  throw new DataError(source, "the header must be a JSON object");
}

/** The beginning of a value, for messages. */
export function shown(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, 120) ?? "nothing";
  } catch {
    return "what is nested too deep to show";
  }
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

function readEntry(source: string, name: string, entry: unknown): TensorEntry {
  const fail = (rule: string): DataError => {
    return new DataError(`${source}: ${name.slice(0, 200)}`, rule, { got: shown(entry) });
  };
  if (!isRecord(entry)) throw fail("an entry must be an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  const kind = KINDS.get(dtype as string);
  if (kind === undefined) throw fail(`the dtype must be one of ${[...KINDS.keys()].join(", ")}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail("the shape must be lengths");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fail("data_offsets must be two byte positions");
  }
  const [start, end] = offsets as [number, number];
  const size = (shape as number[]).reduce((product, n) => product * n, bytesPerElement(kind));
  if (end - start !== size) throw fail("data_offsets must span the array's bytes");
  return { name, kind, shape: shape as number[], start, end };
}
