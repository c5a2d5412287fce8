// IDX files, the format of MNIST, plain or gzipped.

import { DataError } from "../errors.ts";
import { type FileSource, readFile } from "./files/fileSource.ts";
import type { HostArray } from "./hostArray.ts";

/**
 * An IDX file of unsigned bytes: two zero bytes, the type 8, the number of axes, their lengths as
 * big-endian u32, the elements.
 *
 * @param name  of the file, for messages.
 * @throws {DataError} if it is anything else, too short, or too long.
 */
export function parseIdx(name: string, bytes: Uint8Array): HostArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (rule: string, got: string): DataError => new DataError(name, rule, { got });
  if (bytes.length < 4)
    throw fail("an IDX file begins with four bytes", `an end at byte ${bytes.length}`);
  const magic = view.getUint32(0);
  const rank = magic & 0xff;
  if (magic >>> 8 !== 0x000008 || rank === 0) {
    const got = `${magic.toString(16).padStart(8, "0")} at byte 0`;
    throw fail("an IDX file of bytes begins with 00 00 08", got);
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw fail("the header must be whole", `an end at byte ${bytes.length} of ${start}`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== start + size) {
    const got = `${bytes.length} bytes where the shape [${shape.join(", ")}] needs ${start + size}`;
    throw fail("the file must have as many bytes as its header says", got);
  }
  return { dtype: "u8", shape, data: bytes.subarray(start) };
}

/**
 * Reads `name` or `name.gz` from a source.
 *
 * @throws {DataError} if neither exists or the file is broken.
 */
export async function readIdx(source: FileSource, name: string): Promise<HostArray> {
  const { where, bytes } = await readFile("readIdx", source, name);
  return parseIdx(where, bytes);
}
