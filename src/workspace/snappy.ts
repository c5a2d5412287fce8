// Snappy's raw format. https://github.com/google/snappy/blob/main/format_description.txt

import { DataError } from "../errors.ts";

/** No block of the files read here is longer. */
const LONGEST = 1 << 24;

/**
 * The bytes that were compressed.
 *
 * @param source  the file's name, for messages.
 * @throws {DataError} if they are not what Snappy makes.
 */
export function unsnappy(source: string, bytes: Uint8Array): Uint8Array {
  const fail = (got: string): never => {
    throw new DataError(source, "a compressed block must be Snappy's", { got });
  };
  let at = 0;
  const next = (): number => (at < bytes.length ? (bytes[at++] as number) : fail("an early end"));
  let length = 0;
  for (let shift = 0, more = true; more; shift += 7) {
    if (shift > 28) fail("a length without end");
    const byte = next();
    length += (byte & 127) * 2 ** shift;
    more = byte >= 128;
  }
  if (length > Math.min(LONGEST, bytes.length * 64)) fail(`${length} bytes from ${bytes.length}`);
  const result = new Uint8Array(length);
  let end = 0;
  const number = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++) value += next() * 2 ** (8 * i);
    return value;
  };
  while (at < bytes.length) {
    const tag = next();
    const kind = tag & 3;
    let count = (tag >> 2) + 1;
    if (kind === 0) {
      if (count > 60) count = number(count - 60) + 1;
      if (end + count > length || at + count > bytes.length) fail("a literal beyond the end");
      result.set(bytes.subarray(at, at + count), end);
      at += count;
    } else {
      if (kind === 1) count = ((tag >> 2) & 7) + 4;
      const offset = kind === 1 ? (tag >> 5) * 256 + next() : number(kind === 2 ? 2 : 4);
      if (offset < 1 || offset > end || end + count > length) fail("a copy from outside");
      // Byte by byte: a copy may reach into itself.
      for (let i = 0; i < count; i++) result[end + i] = result[end + i - offset] as number;
    }
    end += count;
  }
  return end === length ? result : fail(`${end} bytes instead of ${length}`);
}
