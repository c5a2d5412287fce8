// Safetensors files of which only the arrays that are asked for are read, one file or several with an index.
// https://huggingface.co/docs/safetensors

import { decodeElements, hostDtypeOf } from "../data/elements.ts";
import type { FileSource } from "../data/files/fileSource.ts";
import { type RangeReader, rangeReader } from "../data/files/rangeReader.ts";
import { DataError } from "../errors.ts";
import {
  LENGTH_BYTES,
  type SafetensorsHeader,
  type TensorEntry,
  headerLength,
  parseHeader,
} from "../workspace/safetensorsHeader.ts";
import { INDEX_ENDING, parseShardIndex } from "./shardIndex.ts";
import { type TensorInfo, type TensorReader, infoOf } from "./tensorReader.ts";

/** Bytes to read of a file before its header's length is known: most headers are shorter. */
const AHEAD = 1 << 16;

/** A file whose header has been read. */
interface OpenFile {
  readonly range: RangeReader;
  readonly header: SafetensorsHeader;
  /** Where the arrays begin. */
  readonly dataStart: number;
}

/**
 * Opens a safetensors file, or several that an index names: reads headers, and an array when it is asked for.
 * Of sources with `readRange` (folders, servers that know ranges, picked files) only these bytes are read;
 * others are read whole, once.
 *
 *     const reader = await openSafetensors(folderSource("models/llama"), "model.safetensors");
 *     reader.tensors.get("lm_head.weight"); // { dtype: "f32", shape: [32000, 4096], … }
 *     const head = await reader.read("lm_head.weight");
 *
 * Dtypes are as in `decodeSafetensors`: bf16 is read as f32, i64 as i32.
 *
 * @param name  of the file, or of the index. Where there is no such file, `name.index.json` is looked for.
 * @throws {DataError} if there is neither, or anything in headers or index does not fit: nothing is trusted.
 */
export async function openSafetensors(
  source: FileSource,
  name = "model.safetensors",
): Promise<TensorReader> {
  const single = name.endsWith(INDEX_ENDING) ? null : await openFile(source, name);
  if (single !== null) return readerOfFiles(source.describe(name), [single]);
  const indexName = name.endsWith(INDEX_ENDING) ? name : `${name}${INDEX_ENDING}`;
  const where = source.describe(indexName);
  const bytes = await source.read(indexName);
  if (bytes === null) {
    const got =
      name === indexName ? `no ${where}` : `neither ${source.describe(name)} nor ${where}`;
    throw new DataError("openSafetensors", "the file must exist", { got });
  }
  const { shards, metadata } = parseShardIndex(where, bytes);
  const folder = indexName.slice(0, indexName.lastIndexOf("/") + 1);
  const files: OpenFile[] = [];
  for (const [shard, names] of shards) {
    const file = await openFile(source, folder + shard);
    if (file === null) {
      const got = `no ${source.describe(folder + shard)}`;
      throw new DataError(where, "the files that an index names must exist", { got });
    }
    files.push({ ...file, header: only(file, names) });
  }
  return readerOfFiles(where, files, metadata);
}

async function openFile(source: FileSource, name: string): Promise<OpenFile | null> {
  const range = await rangeReader(source, name, AHEAD);
  if (range === null) return null;
  const { where, size, first } = range;
  const length = headerLength(where, first, size);
  const dataStart = LENGTH_BYTES + length;
  const bytes = await range.read(LENGTH_BYTES, dataStart);
  const header = parseHeader(where, bytes, size === undefined ? undefined : size - dataStart);
  return { range, header, dataStart };
}

/** The header with those arrays only that the index has in this file. */
function only({ range, header }: OpenFile, names: ReadonlySet<string>): SafetensorsHeader {
  const entries = header.entries.filter(({ name }) => names.has(name));
  if (entries.length === names.size) return { ...header, entries };
  const has = new Set(entries.map(({ name }) => name));
  const got = `no ${[...names].find((name) => !has.has(name))}`.slice(0, 200);
  throw new DataError(range.where, "a file must have the arrays that the index has in it", { got });
}

function readerOfFiles(
  where: string,
  files: readonly OpenFile[],
  metadata: Readonly<Record<string, string>> = files[0]?.header.metadata ?? {},
): TensorReader {
  const tensors = new Map<string, TensorInfo>();
  const places = new Map<string, readonly [OpenFile, TensorEntry]>();
  for (const file of files) {
    for (const entry of file.header.entries) {
      const { name, kind, shape, start, end } = entry;
      tensors.set(name, { dtype: hostDtypeOf(kind), shape, bytes: end - start });
      places.set(name, [file, entry]);
    }
  }
  const reader: TensorReader = {
    where,
    tensors,
    metadata,
    async read(name) {
      infoOf(reader, name);
      const [{ range, dataStart }, entry] = places.get(name) as readonly [OpenFile, TensorEntry];
      const { kind, shape, start, end } = entry;
      const bytes = await range.read(dataStart + start, dataStart + end);
      return decodeElements(`${range.where}: ${name}`, kind, shape, bytes);
    },
  };
  return reader;
}
