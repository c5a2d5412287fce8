// The index of a model in several safetensors files: which array is in which.
// https://huggingface.co/docs/transformers/main/big_models#sharded-checkpoints

import { DataError } from "../errors.ts";
import { isRecord, isTexts, parseObject, shown } from "../workspace/safetensorsHeader.ts";

/** What the name of an index ends with, behind that of the file there would be without it. */
export const INDEX_ENDING = ".index.json";

/** What an index tells. */
export interface ShardIndex {
  /** The names of the arrays in each file. */
  readonly shards: ReadonlyMap<string, ReadonlySet<string>>;
  /** Texts about them; numbers are left out. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file beside the index: no folders, no addresses, nothing that a URL reads otherwise. */
const FILE_NAME = /^[^/\\:?#%\p{Cc}]{1,200}\.safetensors$/u;

/**
 * What the bytes of an index say.
 *
 * @param where  the file's name, for messages.
 * @throws {DataError} if anything in it does not fit.
 */
export function parseShardIndex(where: string, bytes: Uint8Array): ShardIndex {
  const { weight_map: files, metadata } = parseObject(where, bytes);
  if (!isTexts(files)) {
    const got = shown(files);
    throw new DataError(where, "weight_map must have the file's name for each array", { got });
  }
  const shards = new Map<string, Set<string>>();
  for (const [name, file] of Object.entries(files)) {
    if (!FILE_NAME.test(file)) {
      const got = `${shown(file)} for ${name.slice(0, 200)}`;
      throw new DataError(where, "weight_map must name safetensors files beside the index", {
        got,
      });
    }
    const names = shards.get(file) ?? new Set();
    shards.set(file, names.add(name));
  }
  const about = Object.entries(isRecord(metadata) ? metadata : {});
  const texts = about.filter(([, text]) => typeof text === "string");
  return { shards, metadata: Object.fromEntries(texts) as Record<string, string> };
}

/** The bytes of an index. @param totalBytes  of all arrays. */
export function encodeShardIndex(
  shards: ReadonlyMap<string, Iterable<string>>,
  totalBytes: number,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const pairs = [...shards].flatMap(([file, names]) => [...names].map((name) => [name, file]));
  const index = {
    metadata: { ...metadata, total_size: totalBytes },
    weight_map: Object.fromEntries(pairs),
  };
  return new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`);
}
