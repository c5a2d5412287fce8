// Where data files come from: a folder, an address, what a user picked, or memory.

import { DataError } from "../../errors.ts";
import { gunzip } from "./gunzip.ts";

/** How far the reading of a file has come. */
export interface ReadProgress {
  readonly name: string;
  /** Bytes that are there. */
  readonly loaded: number;
  /** Bytes in all, where the source tells. */
  readonly total: number | undefined;
}

/** Called now and then while a file is read. */
export type OnReadProgress = (progress: ReadProgress) => void;

/** A part of a file. */
export interface FileRange {
  /** Where `bytes` begin in the file: before what was asked for where the source gives more. */
  readonly start: number;
  /** Fewer than were asked for where the file ends. */
  readonly bytes: Uint8Array;
  /** Bytes of the whole file; undefined where the source does not tell. */
  readonly size: number | undefined;
}

/** Reads files by name; null where there is none. */
export interface FileSource {
  read(name: string, onProgress?: OnReadProgress): Promise<Uint8Array | null>;
  /**
   * Bytes `start` to `end` of a file, in sources that need not read all of it for that. A server that knows no
   * ranges gives the whole file. See `rangeReader`.
   */
  readRange?(name: string, start: number, end: number): Promise<FileRange | null>;
  /** Where a name would lie, for messages. */
  describe(name: string): string;
}

/** A source that knows the names of its files. */
export interface ListedSource extends FileSource {
  /** All names, with forward slashes, sorted. */
  list(): Promise<string[]>;
}

/** A file and where it lay. */
export interface FoundFile {
  /** For messages. */
  readonly where: string;
  readonly bytes: Uint8Array;
}

/**
 * The file `name`, or `name.gz` unpacked.
 *
 * @param op  whose error it is if there is neither.
 * @throws {DataError} if neither exists, or the gzip data is broken.
 */
export async function readFile(op: string, source: FileSource, name: string): Promise<FoundFile> {
  for (const candidate of [name, `${name}.gz`]) {
    const bytes = await source.read(candidate);
    if (bytes === null) continue;
    const where = source.describe(candidate);
    return { where, bytes: await gunzip(where, bytes) };
  }
  throw new DataError(op, "the file must exist", {
    got: `neither ${source.describe(name)} nor .gz`,
    remedy: "Name the folder that holds it.",
  });
}
