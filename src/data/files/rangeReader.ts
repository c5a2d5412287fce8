// Parts of a file, in sources that can read parts and in those that cannot.

import { DataError } from "../../errors.ts";
import type { FileRange, FileSource } from "./fileSource.ts";

/** Reads parts of one file. */
export interface RangeReader {
  /** For messages. */
  readonly where: string;
  /** Bytes of the file; undefined where the source does not tell. */
  readonly size: number | undefined;
  /** The file's first bytes, at least as many as were asked for, or all. */
  readonly first: Uint8Array;
  /**
   * Bytes `start` to `end`. They may share memory with others that are read.
   *
   * @throws {DataError} if the file has fewer, or is no longer there.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Reads parts of a file: only these where the source has `readRange`, else the file once, which is then kept.
 *
 * @param ahead  bytes to read at once, from the beginning.
 * @returns      null where there is no file.
 */
export async function rangeReader(
  source: FileSource,
  name: string,
  ahead: number,
): Promise<RangeReader | null> {
  const where = source.describe(name);
  const part = await rangeOf(source, name, 0, ahead);
  if (part === null) return null;
  let kept: FileRange = part;
  const { size } = part;
  const within = ({ start, bytes }: FileRange, from: number, to: number): Uint8Array | undefined =>
    start <= from && to <= start + bytes.length
      ? bytes.subarray(from - start, to - start)
      : undefined;
  const fail = (from: number, to: number, got: string): DataError =>
    new DataError(where, `the file must have bytes ${from} to ${to}`, {
      got,
      remedy: "It is cut off: fetch it again.",
    });
  return {
    where,
    size,
    first: part.bytes,
    async read(from, to) {
      const known = within(kept, from, to);
      if (known !== undefined) return known;
      if (size !== undefined && to > size) throw fail(from, to, `${size} bytes`);
      const next = await rangeOf(source, name, from, to);
      if (next === null) throw fail(from, to, "no file any more");
      const found = within(next, from, to);
      if (found === undefined) throw fail(from, to, `an end at ${next.start + next.bytes.length}`);
      // A server that knows no ranges is asked once only.
      if (next.start === 0 && next.bytes.length === next.size) kept = next;
      return found;
    },
  };
}

async function rangeOf(
  source: FileSource,
  name: string,
  start: number,
  end: number,
): Promise<FileRange | null> {
  if (source.readRange !== undefined) return source.readRange(name, start, end);
  const bytes = await source.read(name);
  return bytes && { start: 0, bytes, size: bytes.length };
}
