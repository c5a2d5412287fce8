// A file of a zip file as it was before, by fflate, and never longer than the directory says.
// https://github.com/101arrowz/fflate

import { Inflate, inflateSync } from "fflate";
import { crc32 } from "../data/index.ts";
import { DataError } from "../errors.ts";
import type { ZipEntry } from "./zipDirectory.ts";

/**
 * Up to so many packed bytes one call unpacks, which stops only at their end: they stand for little more
 * than a second of work. What is longer comes in pieces, of which the first that is too much is the last.
 */
const SHORT_BYTES = 1 << 19;

/** A packed byte becomes at most 1032 bytes, and fflate's buffers double as they grow. */
const MOST_PER_BYTE = 2 * 1032;

/** Bytes of a piece: what it can become has room, and there are no more than 4096 pieces. */
const pieceBytes = (packed: number, room: number): number =>
  Math.max(256, packed / 4096, Math.min(1 << 16, room / MOST_PER_BYTE)) >>> 0;

/**
 * The bytes of a file in a zip file. What is not packed shares the zip file's memory.
 *
 * @param where  for messages.
 * @param room   bytes that may be taken beside those of the file.
 * @throws {DataError} if it is not whole, or has another size or checksum than the directory says.
 */
export function unpack(
  where: string,
  { isPacked, stored, size, crc32: wanted }: ZipEntry,
  room: number,
): Uint8Array {
  const bytes = isPacked ? inflated(where, stored, size, room) : stored;
  const found = crc32(bytes);
  if (found === wanted) return bytes;
  throw new DataError(where, "a file must have the checksum that the directory says", {
    got: `${found.toString(16)} for ${wanted.toString(16)}`,
    remedy: "The file is damaged: fetch it again.",
  });
}

function inflated(where: string, packed: Uint8Array, size: number, room: number): Uint8Array {
  // One byte more than there should be, so that too many are noticed.
  const bytes = new Uint8Array(size + 1);
  let length: number;
  try {
    const isShort = packed.length <= SHORT_BYTES;
    length = isShort ? whole(packed, bytes) : inPieces(packed, bytes, room);
  } catch (cause) {
    const got = (cause as Error).message;
    throw new DataError(where, "what is packed must be whole", { got, cause });
  }
  if (length === size) return bytes.subarray(0, size);
  const got = length > size ? `more than ${size} bytes` : `${length} bytes for ${size}`;
  throw new DataError(where, "a file must have the size that the directory says", { got });
}

/** Fills `into`, and tells how far. */
const whole = (packed: Uint8Array, into: Uint8Array): number =>
  inflateSync(packed, { out: into }).length;

/** The same, piece by piece, and no further than `into` reaches. */
function inPieces(packed: Uint8Array, into: Uint8Array, room: number): number {
  let length = 0;
  const inflate = new Inflate((part) => {
    into.set(part.subarray(0, into.length - length), length);
    length = Math.min(into.length, length + part.length);
  });
  const step = pieceBytes(packed.length, room);
  for (let at = 0; at < packed.length && length < into.length; at += step) {
    inflate.push(packed.subarray(at, at + step), at + step >= packed.length);
  }
  return length;
}
