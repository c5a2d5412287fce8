// NumPy's files of one array.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import {
  type FloatKind,
  bytesPerElement,
  decodeElements,
  encodeElements,
  kindOf,
  sharesBytes,
} from "../data/elements.ts";
import type { FileSource } from "../data/files/fileSource.ts";
import { joinBytes } from "../data/files/joinBytes.ts";
import { type HostArray, requireSize } from "../data/hostArray.ts";
import { DataError } from "../errors.ts";
import { encodeNpyHeader, parseNpyHeader } from "./npyHeader.ts";

/** Options of `decodeNpy`. */
export interface DecodeNpyOptions {
  /** Bytes that the array may take beside those of the file, at most. Default: four times the file's. */
  readonly maxBytes?: number;
}

/** Options of `encodeNpy`. */
export interface EncodeNpyOptions {
  /** How f32 and f16 arrays are written. Default: each as it is. */
  readonly dtype?: "f16" | "f32" | "f64";
}

/**
 * The array of a .npy file, little- or big-endian, in C's or in Fortran's order: versions 1 to 3. What host
 * arrays do not hold becomes what they do: f8 becomes f32, i1, i2 and i8 become i32, u2 and u8 become u32. The
 * array shares the memory of `bytes` where nothing needs to change.
 *
 * @param where  the file's name, for messages.
 * @throws {DataError} if anything in it does not fit: nothing is trusted.
 */
export function decodeNpy(
  where: string,
  bytes: Uint8Array,
  options: DecodeNpyOptions = {},
): HostArray {
  const { maxBytes = 4 * bytes.length } = options;
  const { kind, shape, dataStart, ...layout } = parseNpyHeader(where, bytes);
  const data = bytes.subarray(dataStart);
  const size = shape.reduce((product, length) => product * length, bytesPerElement(kind));
  if (size !== data.length) {
    throw new DataError(where, "the file must have as many bytes as the shape needs", {
      got: `${data.length} bytes for ${kind} [${shape.join(", ")}]`,
    });
  }
  // No element of a host array has more than four bytes.
  const needed = sharesBytes(kind, shape, data, layout)
    ? 0
    : 4 * (data.length / bytesPerElement(kind));
  if (needed > maxBytes) {
    throw new DataError(where, `the array must have no more than ${maxBytes} bytes`, {
      got: `${kind} [${shape.join(", ")}]`,
      remedy: "Raise maxBytes if you trust the file.",
    });
  }
  return decodeElements(where, kind, shape, data, layout);
}

/**
 * The bytes of a .npy file with an array.
 *
 * @throws {DataError} if it has not as many elements as its shape.
 * @throws {UsageError} if a finite number is beyond the dtype to write.
 */
export function encodeNpy(array: HostArray, options: EncodeNpyOptions = {}): Uint8Array {
  requireSize("encodeNpy", array);
  const kind: FloatKind = options.dtype ?? (array.dtype === "f16" ? "f16" : "f32");
  const header = encodeNpyHeader(kindOf(array.dtype, kind), array.shape);
  return joinBytes([header, encodeElements("encodeNpy", array, kind)]);
}

/**
 * The array of a .npy file of a folder, a server, or what a user picked.
 *
 * @throws {DataError} if it is missing or broken.
 */
export async function readNpy(source: FileSource, name: string): Promise<HostArray> {
  const bytes = await source.read(name);
  if (bytes !== null) return decodeNpy(source.describe(name), bytes);
  throw new DataError("readNpy", "the file must exist", { got: `no ${source.describe(name)}` });
}
