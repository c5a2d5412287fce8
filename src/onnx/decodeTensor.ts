// A tensor of an ONNX file, whichever of the format's fields hold its elements.

import protobuf from "protobufjs/minimal.js";
import { DataError } from "../errors.ts";
import { DATA_TYPES } from "./encode.ts";
import type { OnnxDType, OnnxTensor } from "./model.ts";
import { type Field, eachField } from "./wire.ts";

/** Bytes of an element; texts have no fixed number. */
export const ELEMENT_BYTES: Readonly<Record<OnnxDType, number>> = {
  ...{ f32: 4, f16: 2, bf16: 2, f64: 8, i8: 1, i16: 2, i32: 4, i64: 8 },
  ...{ u8: 1, u16: 2, u32: 4, u64: 8, bool: 1, string: 0 },
};

const DTYPES: ReadonlyMap<number, OnnxDType> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(DATA_TYPES).map(([dtype, number]) => [number, dtype as OnnxDType]),
);

/** The element type of a number. @throws {DataError} for those of less than 8 bits, and complex ones. */
export function dtypeOfNumber(source: string, number: number): OnnxDType {
  const dtype = DTYPES.get(number);
  if (dtype !== undefined) return dtype;
  throw new DataError(source, "element types must be those that this library reads", {
    got: `ONNX's data type ${number}`,
  });
}

/** Fields whose elements lie there as they do in memory, and those of varints. */
const FIXED_FIELDS = new Set([4, 10]);
const VARINT_FIELDS = new Set([5, 7, 11]);

interface Parts {
  name: string;
  dtype: number;
  isExternal: boolean;
  raw: Uint8Array | undefined;
  texts: number;
  readonly dims: number[];
  readonly fixed: Uint8Array[];
  readonly varints: Uint8Array[];
  readonly external: Map<string, string>;
}

function readField(parts: Parts, field: Field): void {
  const { number } = field;
  if (number === 1) field.into(parts.dims, (one) => one.integer());
  else if (number === 2) parts.dtype = field.integer();
  else if (FIXED_FIELDS.has(number)) parts.fixed.push(field.packed());
  else if (VARINT_FIELDS.has(number)) parts.varints.push(field.packed());
  else if (number === 6) parts.texts += field.bytes().length >= 0 ? 1 : 0;
  else if (number === 8) parts.name = field.text();
  else if (number === 9) parts.raw = field.bytes();
  else if (number === 13) parts.external.set(...entryOf(field.source, field.bytes()));
  else if (number === 14) parts.isExternal = field.integer() === 1;
}

/** A pair of texts. */
export function entryOf(source: string, message: Uint8Array): [key: string, value: string] {
  const entry: [string, string] = ["", ""];
  eachField(source, message, (field, number) => {
    if (number === 1 || number === 2) entry[number - 1] = field.text();
  });
  return entry;
}

/** Number of elements. @throws {DataError} for a negative length, or more elements than 2⁵³. */
function elementsOf(source: string, dims: readonly number[]): number {
  const count = dims.reduce((product, length) => product * length, 1);
  if (dims.every((length) => length >= 0) && Number.isSafeInteger(count)) return count;
  throw new DataError(
    source,
    "lengths of a tensor must not be negative, nor their product above 2⁵³",
    {
      got: `[${dims.join(", ")}]`,
    },
  );
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Varints as little-endian integers of a width. */
function fromVarints(parts: readonly Uint8Array[], width: number): Uint8Array {
  let count = 0;
  for (const part of parts) for (const byte of part) count += byte < 128 ? 1 : 0;
  const bytes = new Uint8Array(count * width);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    const reader = protobuf.Reader.create(part);
    for (; reader.pos < reader.len; at += width) {
      if (width === 8) view.setBigInt64(at, BigInt(String(reader.int64())), true);
      else if (width === 4) view.setInt32(at, reader.int32(), true);
      else if (width === 2) view.setInt16(at, reader.int32(), true);
      else view.setInt8(at, reader.int32());
    }
  }
  return bytes;
}

function externalOf(source: string, entries: ReadonlyMap<string, string>) {
  const [location, offset] = [entries.get("location") ?? "", Number(entries.get("offset") ?? 0)];
  const length = Number(entries.get("length") ?? NaN);
  const isRange = [offset, length].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0);
  if (location !== "" && isRange) return { location, offset, length };
  throw new DataError(source, "external elements must name a file, an offset and a length", {
    got: JSON.stringify(Object.fromEntries(entries)),
  });
}

/**
 * A tensor and its name.
 *
 * @param source  name of the file, for messages.
 * @throws {DataError} if its elements are not as many as its lengths say, or of a type that is not read.
 */
export function decodeTensor(
  source: string,
  message: Uint8Array,
): { readonly name: string; readonly tensor: OnnxTensor } {
  const parts: Parts = {
    ...{ name: "", dtype: 0, isExternal: false, raw: undefined, texts: 0 },
    ...{ dims: [], fixed: [], varints: [], external: new Map() },
  };
  eachField(source, message, (field) => readField(parts, field));
  const { name, dims, external } = parts;
  const dtype = dtypeOfNumber(source, parts.dtype);
  const [count, width] = [elementsOf(source, dims), ELEMENT_BYTES[dtype]];
  if (parts.isExternal) {
    const place = externalOf(source, external);
    checkLength(source, name, place.length, count * width);
    return { name, tensor: { dtype, dims, bytes: new Uint8Array(0), external: place } };
  }
  if (dtype === "string") {
    checkLength(source, name, parts.texts, count, "texts");
    return { name, tensor: { dtype, dims, bytes: new Uint8Array(0) } };
  }
  const { raw, fixed, varints } = parts;
  const bytes =
    raw ?? (dtype === "f32" || dtype === "f64" ? concatenated(fixed) : fromVarints(varints, width));
  checkLength(source, name, bytes.length, count * width);
  return { name, tensor: { dtype, dims, bytes } };
}

function checkLength(
  source: string,
  name: string,
  got: number,
  wanted: number,
  of = "bytes",
): void {
  if (got === wanted) return;
  throw new DataError(source, `the tensor "${name}" must have ${wanted} ${of}`, { got: `${got}` });
}
