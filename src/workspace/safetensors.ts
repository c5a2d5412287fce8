// The safetensors format: an 8-byte little-endian header length, a JSON header, the data.
// https://huggingface.co/docs/safetensors

import type { HostArray, HostDType } from "../data/hostArray.ts";
import { DataError } from "../errors.ts";
import { fromHalf, toHalf } from "../tensor/half.ts";

/** Arrays by name with text about them. */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, HostArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Kind {
  readonly name: string;
  readonly bytes: number;
}

const KINDS: Readonly<Record<HostDType, Kind>> = {
  f32: { name: "F32", bytes: 4 },
  f16: { name: "F16", bytes: 2 },
  i32: { name: "I32", bytes: 4 },
  u32: { name: "U32", bytes: 4 },
  u8: { name: "U8", bytes: 1 },
  bool: { name: "BOOL", bytes: 1 },
};

/** The bytes of a file with these arrays, in the order of their names. */
export function encodeSafetensors(file: TensorFile): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  const names = Object.keys(file.tensors).sort();
  let end = 0;
  for (const name of names) {
    const { dtype, shape, data } = file.tensors[name] as HostArray;
    const start = end;
    end += data.length * KINDS[dtype].bytes;
    header[name] = { dtype: KINDS[dtype].name, shape, data_offsets: [start, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  let at = 8 + length;
  for (const name of names) {
    const { dtype, data } = file.tensors[name] as HostArray;
    const stored = dtype === "f16" ? Uint16Array.from(data, toHalf) : data;
    bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), at);
    at += stored.byteLength;
  }
  return bytes;
}

/**
 * The arrays of a file.
 *
 * @param source  the file's name, for messages.
 * @throws {DataError} if anything in it does not fit: nothing is trusted.
 */
export function decodeSafetensors(source: string, bytes: Uint8Array): TensorFile {
  const fail = (rule: string, got: string): never => {
    throw new DataError(source, rule, { got });
  };
  if (bytes.length < 8) fail("a safetensors file begins with 8 bytes", `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) {
    fail("the header must lie within the file", `a header of ${length} in ${bytes.length} bytes`);
  }
  const header = parseHeader(source, bytes.subarray(8, 8 + length));
  const data = bytes.subarray(8 + length);
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((text) => typeof text === "string")) {
    fail("the metadata must be texts by name", JSON.stringify(metadata).slice(0, 80));
  }
  const tensors: Record<string, HostArray> = {};
  const ranges: [number, number][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const { array, range } = readEntry(`${source}: ${name}`, entry, data);
    tensors[name] = array;
    ranges.push(range);
  }
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let at = 0;
  for (const [start, end] of ranges) {
    if (start !== at)
      fail("the arrays must fill the data without gaps or overlaps", `byte ${start}`);
    at = end;
  }
  if (at !== data.length) fail("the data must end with the last array", `${data.length - at} more`);
  return { tensors, metadata: metadata as Record<string, string> };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseHeader(source: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const header: unknown = JSON.parse(text);
    if (isRecord(header)) return header;
  } catch {
    // told below
  }
  throw new DataError(source, "the header must be a JSON object");
}

function readEntry(
  where: string,
  entry: unknown,
  data: Uint8Array,
): { array: HostArray; range: [number, number] } {
  const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const fail = (rule: string): DataError => {
    return new DataError(where, rule, { got: JSON.stringify(entry)?.slice(0, 120) });
  };
  if (!isRecord(entry)) throw fail("an entry must be an object");
  const { dtype: kindName, shape, data_offsets: offsets } = entry;
  const kind = Object.entries(KINDS).find(([, { name }]) => name === kindName);
  if (kind === undefined) throw fail("the dtype must be F32, F16, I32, U32, U8 or BOOL");
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail("the shape must be lengths");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fail("data_offsets must be two byte positions");
  }
  const [start, end] = offsets as [number, number];
  const [dtype, { bytes }] = kind as [HostDType, Kind];
  const size = (shape as number[]).reduce((product, n) => product * n, bytes);
  if (end > data.length || end - start !== size) {
    throw fail(`data_offsets must span the array's bytes within ${data.length}`);
  }
  const copy = data.slice(start, end).buffer;
  const Kinds = {
    f32: Float32Array,
    f16: Uint16Array,
    i32: Int32Array,
    u32: Uint32Array,
    u8: Uint8Array,
    bool: Uint8Array,
  };
  const elements = new Kinds[dtype](copy);
  const values = elements instanceof Uint16Array ? Float32Array.from(elements, fromHalf) : elements;
  return {
    array: { dtype, shape: shape as number[], data: values },
    range: [start, end],
  };
}
