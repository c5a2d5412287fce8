// The safetensors format: an 8-byte little-endian header length, a JSON header, the data.
// https://huggingface.co/docs/safetensors

import {
  type FloatKind,
  bytesPerElement,
  decodeElements,
  encodeElements,
  kindOf,
} from "../data/elements.ts";
import { type HostArray, requireSize } from "../data/hostArray.ts";
import { KIND_NAMES, LENGTH_BYTES, headerLength, parseHeader } from "./safetensorsHeader.ts";

/** Arrays by name with text about them. */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, HostArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of `encodeSafetensors`. */
export interface EncodeSafetensorsOptions {
  /** How f32 and f16 arrays are written. Default: each as it is. */
  readonly dtype?: "f32" | "f16" | "bf16";
}

const floatKindOf = ({ dtype }: HostArray, options: EncodeSafetensorsOptions): FloatKind =>
  options.dtype ?? (dtype === "f16" ? "f16" : "f32");

/** Bytes that an array takes in a file. */
export function storedBytes(array: HostArray, options: EncodeSafetensorsOptions): number {
  return array.data.length * bytesPerElement(kindOf(array.dtype, floatKindOf(array, options)));
}

/**
 * The bytes of a file with these arrays, in the order of their names.
 *
 * @throws {DataError} if an array has not as many elements as its shape.
 * @throws {UsageError} if a finite number is beyond the dtype to write.
 */
export function encodeSafetensors(
  file: TensorFile,
  options: EncodeSafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  const header: [string, unknown][] = [["__metadata__", file.metadata]];
  const arrays = Object.entries(file.tensors).sort(([a], [b]) => (a < b ? -1 : 1));
  let end = 0;
  for (const [name, array] of arrays) {
    requireSize(name, array);
    const start = end;
    end += storedBytes(array, options);
    const dtype = KIND_NAMES[kindOf(array.dtype, floatKindOf(array, options))];
    header.push([name, { dtype, shape: array.shape, data_offsets: [start, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + length + end);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + length;
  for (const [name, array] of arrays) {
    const stored = encodeElements(name, array, floatKindOf(array, options));
    bytes.set(stored, at);
    at += stored.length;
  }
  return bytes;
}

/**
 * The arrays of a file. What host arrays do not hold becomes what they do: bf16 and f64 become f32, i8, i16
 * and i64 become i32, u16 and u64 become u32.
 *
 * @param source  the file's name, for messages.
 * @throws {DataError} if anything in it does not fit: nothing is trusted.
 */
export function decodeSafetensors(source: string, bytes: Uint8Array): TensorFile {
  const length = headerLength(source, bytes, bytes.length);
  const data = bytes.subarray(LENGTH_BYTES + length);
  const header = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  const { entries, metadata } = parseHeader(source, header, data.length);
  const tensors = Object.fromEntries(
    entries.map(({ name, kind, shape, start, end }) => {
      const array = decodeElements(`${source}: ${name}`, kind, shape, data.subarray(start, end));
      // An array does not keep the whole file in memory.
      const isShared = array.data.buffer === data.buffer;
      return [name, isShared ? { ...array, data: array.data.slice() } : array];
    }),
  );
  return { tensors, metadata };
}
