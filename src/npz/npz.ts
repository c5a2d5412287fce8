// NumPy's files of several arrays: a zip file with a .npy file for each.
// https://numpy.org/doc/stable/reference/generated/numpy.savez.html

import { zipSync } from "fflate";
import type { FileSource, HostArray } from "../data/index.ts";
import { DataError } from "../errors.ts";
import { type EncodeNpyOptions, decodeNpy, encodeNpy } from "../pretrained/index.ts";
import { unpack } from "./unpack.ts";
import { zipEntries } from "./zipDirectory.ts";

/** What the names of arrays end with in the zip file. */
const ENDING = ".npy";

/** Options of `decodeNpz`. */
export interface DecodeNpzOptions {
  /**
   * Bytes that unpacked files and arrays may take, at most. Default: four times the file's, which packed weights
   * stay below and a zip bomb does not.
   */
  readonly maxBytes?: number;
}

/** Options of `encodeNpz`. */
export interface EncodeNpzOptions extends EncodeNpyOptions {
  /** Whether to pack the arrays by deflate, as `numpy.savez_compressed`. Default false. */
  readonly isPacked?: boolean;
}

/**
 * The arrays of a .npz file, as `decodeNpy` reads each. Files in it that are no .npy are passed over.
 *
 *     const { weights, labels } = decodeNpz("digits.npz", bytes);
 *
 * @param where  the file's name, for messages.
 * @throws {DataError} if anything in it does not fit, or takes more than `maxBytes`: sizes are compared before
 *                     anything is unpacked, and nothing that the file says of them is trusted.
 */
export function decodeNpz(
  where: string,
  bytes: Uint8Array,
  options: DecodeNpzOptions = {},
): Record<string, HostArray> {
  const { maxBytes = 4 * bytes.length } = options;
  const entries = zipEntries(where, bytes).filter(({ name }) => name.endsWith(ENDING));
  const arrays: [string, HostArray][] = [];
  let held = 0;
  for (const entry of entries) {
    const place = `${where}: ${entry.name.slice(0, 200)}`;
    const unpacked = entry.isPacked ? entry.size : 0;
    if (held + unpacked > maxBytes) {
      throw new DataError(place, `arrays must take no more than ${maxBytes} bytes`, {
        got: `${held + unpacked}`,
        remedy: "Raise maxBytes if you trust the file.",
      });
    }
    const room = maxBytes - held - unpacked;
    const file = unpack(place, entry, room);
    const array = decodeNpy(place, file, { maxBytes: room });
    held += array.data.buffer === file.buffer ? unpacked : array.data.byteLength;
    arrays.push([entry.name.slice(0, -ENDING.length), array]);
  }
  return Object.fromEntries(arrays);
}

/**
 * The bytes of a .npz file with these arrays.
 *
 * @throws {DataError} if one has not as many elements as its shape.
 * @throws {UsageError} if a finite number is beyond the dtype to write.
 */
export function encodeNpz(
  tensors: Readonly<Record<string, HostArray>>,
  options: EncodeNpzOptions = {},
): Uint8Array {
  const files = Object.entries(tensors).map(([name, array]) => {
    return [`${name}${ENDING}`, encodeNpy(array, options)] as const;
  });
  // A date that is always the same, so that the same arrays are the same bytes.
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries(files), { level: options.isPacked ? 6 : 0, mtime });
}

/**
 * The arrays of a .npz file of a folder, a server, or what a user picked.
 *
 * @throws {DataError} if it is missing or broken, or takes too much.
 */
export async function readNpz(
  source: FileSource,
  name: string,
  options: DecodeNpzOptions = {},
): Promise<Record<string, HostArray>> {
  const bytes = await source.read(name);
  if (bytes !== null) return decodeNpz(source.describe(name), bytes, options);
  throw new DataError("readNpz", "the file must exist", { got: `no ${source.describe(name)}` });
}
