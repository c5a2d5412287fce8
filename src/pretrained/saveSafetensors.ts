// Arrays into safetensors files, one or several with an index.

import type { HostArray } from "../data/hostArray.ts";
import { UsageError } from "../errors.ts";
import {
  type EncodeSafetensorsOptions,
  encodeSafetensors,
  storedBytes,
} from "../workspace/safetensors.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { INDEX_ENDING, encodeShardIndex } from "./shardIndex.ts";

const ENDING = ".safetensors";

/** Options of `saveSafetensors`. */
export interface SaveSafetensorsOptions extends EncodeSafetensorsOptions {
  /** Bytes of arrays in a file, at most, where no single array has more. Default: all in one file. */
  readonly maxShardBytes?: number;
  /** Texts about the arrays. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes arrays into a workspace: into `path`, or into several files beside it, named and indexed as other
 * libraries read them: `model-00001-of-00002.safetensors`, …, `model.safetensors.index.json`.
 *
 *     await saveSafetensors(new FileWorkspace("export"), "model.safetensors", tensors, { dtype: "bf16" });
 *
 * What an earlier call left that would be read instead is removed: the index, or the single file.
 *
 * @param path  ends with `.safetensors`.
 * @returns     the paths of what was written; with several files the index is the last.
 * @throws {UsageError} if the path ends otherwise, or a finite number is beyond the dtype to write.
 * @throws {WorkspaceError} if the workspace has no room.
 */
export async function saveSafetensors(
  workspace: Workspace,
  path: string,
  tensors: Readonly<Record<string, HostArray>>,
  options: SaveSafetensorsOptions = {},
): Promise<string[]> {
  const { maxShardBytes = Infinity, metadata = {} } = options;
  if (!path.endsWith(ENDING)) {
    throw new UsageError("saveSafetensors", `the path must end with ${ENDING}`, { got: path });
  }
  if (!(maxShardBytes > 0)) {
    const got = `${maxShardBytes}`;
    throw new UsageError("saveSafetensors", "maxShardBytes must be positive", { got });
  }
  const groups = grouped(tensors, maxShardBytes, options);
  const write = (file: string, names: readonly string[]): Promise<void> => {
    const own = Object.fromEntries(names.map((name) => [name, tensors[name] as HostArray]));
    // What other libraries look for before they read a file.
    const texts = { format: "pt", ...metadata };
    return workspace.write(file, encodeSafetensors({ tensors: own, metadata: texts }, options));
  };
  if (groups.length === 1) {
    await write(path, groups[0] as string[]);
    await workspace.remove(`${path}${INDEX_ENDING}`);
    return [path];
  }
  const number = (i: number): string => `${i}`.padStart(5, "0");
  const stem = path.slice(0, -ENDING.length);
  const shards = new Map<string, readonly string[]>();
  const written: string[] = [];
  for (const [i, names] of groups.entries()) {
    const file = `${stem}-${number(i + 1)}-of-${number(groups.length)}${ENDING}`;
    await write(file, names);
    written.push(file);
    shards.set(file.slice(file.lastIndexOf("/") + 1), names);
  }
  const total = Object.values(tensors).reduce((sum, array) => sum + storedBytes(array, options), 0);
  const index = `${path}${INDEX_ENDING}`;
  await workspace.write(index, encodeShardIndex(shards, total, metadata));
  await workspace.remove(path);
  return [...written, index];
}

/** Names in groups whose arrays have no more bytes than the limit, in their order; never no group. */
function grouped(
  tensors: Readonly<Record<string, HostArray>>,
  limit: number,
  options: EncodeSafetensorsOptions,
): string[][] {
  const groups: string[][] = [[]];
  let filled = 0;
  for (const [name, array] of Object.entries(tensors)) {
    const bytes = storedBytes(array, options);
    if (filled > 0 && filled + bytes > limit) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1)?.push(name);
    filled += bytes;
  }
  return groups;
}
