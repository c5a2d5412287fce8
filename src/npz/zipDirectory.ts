// The directory of a zip file: what is in it, and where. Nothing in it is trusted.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

import { DataError } from "../errors.ts";

const END_MARK = 0x06054b50;
const END_BYTES = 22;
const MOST_COMMENT_BYTES = 0xffff;
const END_64_MARK = 0x06064b50;
const LOCATOR_64_MARK = 0x07064b50;
const LOCATOR_64_BYTES = 20;
const ENTRY_MARK = 0x02014b50;
const ENTRY_BYTES = 46;
const FILE_MARK = 0x04034b50;
const FILE_BYTES = 30;
/** What stands for a number that is in an extra field, with eight bytes. */
const IN_EXTRA = 0xffffffff;
const EXTRA_64 = 1;

/** A file in a zip file. */
export interface ZipEntry {
  readonly name: string;
  readonly isPacked: boolean;
  /** Its bytes in the zip file. */
  readonly stored: Uint8Array;
  /** Bytes that it has, as the directory says. */
  readonly size: number;
  readonly crc32: number;
}

/** Numbers of a zip file by place; every read checks that there are enough bytes. */
class ZipView {
  readonly where: string;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(where: string, bytes: Uint8Array) {
    this.where = where;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(rule: string, got: string): never {
    throw new DataError(this.where, rule, { got });
  }

  slice(start: number, count: number): Uint8Array {
    if (!(start >= 0 && start + count <= this.bytes.length)) {
      this.fail("a zip file must have what its directory says", `byte ${start + count}`);
    }
    return this.bytes.subarray(start, start + count);
  }

  u16(at: number): number {
    this.slice(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.slice(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** Below 2⁵³: a file is no longer. */
  u64(at: number): number {
    return this.u32(at) + this.u32(at + 4) * 2 ** 32;
  }
}

/**
 * The files of a zip file, still packed.
 *
 * @param where  the file's name, for messages.
 * @throws {DataError} if it is none, a file in it lies outside, is encrypted, packed in another way than by
 *                     deflate, or overlaps another or has its name.
 */
export function zipEntries(where: string, bytes: Uint8Array): ZipEntry[] {
  const zip = new ZipView(where, bytes);
  const { count, start } = directoryOf(zip);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = start;
  let stored = 0;
  for (let i = 0; i < count; i++) {
    if (zip.u32(at) !== ENTRY_MARK)
      zip.fail("the directory must list all files", `${i} of ${count}`);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) =>
      zip.u16(at + offset),
    );
    const extraAt = at + ENTRY_BYTES + (nameBytes as number);
    const entry = entryAt(zip, at, nameBytes as number, extraAt, extraBytes as number);
    if (names.has(entry.name))
      zip.fail("files must have names of their own", `two of ${entry.name}`);
    names.add(entry.name);
    stored += entry.stored.length;
    if (stored > bytes.length) zip.fail("files must not overlap", `${stored} bytes of files`);
    entries.push(entry);
    at = extraAt + (extraBytes as number) + (commentBytes as number);
  }
  return entries;
}

/** How many files there are, and where the directory begins. */
function directoryOf(zip: ZipView): { readonly count: number; readonly start: number } {
  const { length } = zip.bytes;
  const last = length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MOST_COMMENT_BYTES); at--) {
    if (zip.u32(at) !== END_MARK || at + END_BYTES + zip.u16(at + 20) !== length) continue;
    const locator = at - LOCATOR_64_BYTES;
    if (locator >= 0 && zip.u32(locator) === LOCATOR_64_MARK) {
      const end = zip.u64(locator + 8);
      if (zip.u32(end) !== END_64_MARK) zip.fail("the end must be where the file says", `${end}`);
      return { count: zip.u64(end + 32), start: zip.u64(end + 48) };
    }
    return { count: zip.u16(at + 10), start: zip.u32(at + 16) };
  }
  return zip.fail("a zip file ends with its directory", `${length} bytes without`);
}

function entryAt(
  zip: ZipView,
  at: number,
  nameBytes: number,
  extraAt: number,
  extraBytes: number,
): ZipEntry {
  const name = new TextDecoder().decode(zip.slice(at + ENTRY_BYTES, nameBytes));
  const shownName = JSON.stringify(name.slice(0, 100));
  if (zip.u16(at + 8) & 1) zip.fail("files must not be encrypted", shownName);
  const method = zip.u16(at + 10);
  if (method !== 0 && method !== 8) {
    zip.fail("files must be stored, or packed by deflate", `method ${method} of ${shownName}`);
  }
  // Those of the three that have no room here, in this order.
  const long = longNumbers(zip, extraAt, extraBytes);
  const numberAt = (offset: number): number => {
    const short = zip.u32(at + offset);
    return short === IN_EXTRA ? (long.shift() ?? short) : short;
  };
  const [size, storedBytes, fileAt] = [24, 20, 42].map(numberAt) as [number, number, number];
  if (zip.u32(fileAt) !== FILE_MARK) zip.fail("files must be where the directory says", shownName);
  const dataAt = fileAt + FILE_BYTES + zip.u16(fileAt + 26) + zip.u16(fileAt + 28);
  const stored = zip.slice(dataAt, storedBytes);
  if (method === 0 && size !== storedBytes) {
    zip.fail("what is stored must have its own size", `${storedBytes} bytes for ${size}`);
  }
  return { name, isPacked: method === 8, stored, size, crc32: zip.u32(at + 16) };
}

/** The eight-byte numbers of an entry's extra field. */
function longNumbers(zip: ZipView, start: number, count: number): number[] {
  const end = start + count;
  for (let at = start; at + 4 <= end;) {
    const bytes = zip.u16(at + 2);
    if (zip.u16(at) === EXTRA_64) {
      const inside = Math.min(bytes, end - at - 4);
      return Array.from({ length: Math.floor(inside / 8) }, (_, i) => zip.u64(at + 4 + 8 * i));
    }
    at += 4 + bytes;
  }
  return [];
}
