// IDX files, the format of MNIST, plain or gzipped.

import { DataError } from "../errors.ts";
import type { HostArray } from "./hostArray.ts";

/** Reads files by name; null where there is none. */
export interface FileSource {
  read(name: string): Promise<Uint8Array | null>;
  /** Where a name would lie, for messages. */
  describe(name: string): string;
}

const GZIP_MAGIC = [0x1f, 0x8b];

/** Bytes as they were before gzip, if they are gzipped. */
export async function gunzip(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return bytes;
  try {
    const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    const remedy = "The file is cut off or damaged: fetch it again.";
    throw new DataError(name, "the gzip data must be whole", { remedy, cause });
  }
}

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
  if (bytes.length < 4) throw fail("an IDX file begins with four bytes", `${bytes.length} bytes`);
  const magic = view.getUint32(0);
  const rank = magic & 0xff;
  if (magic >>> 8 !== 0x000008 || rank === 0) {
    throw fail("an IDX file of bytes begins with 00 00 08", magic.toString(16).padStart(8, "0"));
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw fail("the header must be whole", `${bytes.length} bytes`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== start + size) {
    const got = `${bytes.length} where the shape [${shape.join(", ")}] needs ${start + size}`;
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
  for (const candidate of [name, `${name}.gz`]) {
    const bytes = await source.read(candidate);
    if (bytes !== null) {
      const where = source.describe(candidate);
      return parseIdx(where, await gunzip(where, bytes));
    }
  }
  throw new DataError("readIdx", "the file must exist", {
    got: `neither ${source.describe(name)} nor .gz`,
    remedy: "Name the folder that holds it.",
  });
}

/** Files by URL, as a page fetches them. */
export function urlSource(base: string): FileSource {
  const describe = (name: string): string => new URL(name, base).href;
  return {
    describe,
    async read(name) {
      const response = await fetch(describe(name));
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
    },
  };
}
