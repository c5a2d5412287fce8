// Checkpoints: safetensors files with everything a run needs to go on.

import { DataError } from "../errors.ts";
import { crc32 } from "../data/files/crc32.ts";
import type { HostArray } from "../data/hostArray.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import type { Workspace } from "./workspace.ts";

/** Arrays and JSON. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, HostArray>>;
  readonly state: unknown;
}

/** CRC-32 of the arrays' bytes, in the order of their names. */
function checksum(tensors: Readonly<Record<string, HostArray>>): string {
  let sum = 0;
  for (const name of Object.keys(tensors).sort()) {
    const { data } = tensors[name] as HostArray;
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
  }
  return sum.toString(16).padStart(8, "0");
}

/** Writes a checkpoint, whole or not at all. */
export async function saveCheckpoint(
  workspace: Workspace,
  path: string,
  checkpoint: Checkpoint,
): Promise<void> {
  const { tensors, state } = checkpoint;
  const metadata = { state: JSON.stringify(state), crc32: checksum(tensors) };
  await workspace.write(path, encodeSafetensors({ tensors, metadata }));
}

/**
 * Reads a checkpoint.
 *
 * @throws {DataError} if it is missing or broken.
 */
export async function loadCheckpoint(workspace: Workspace, path: string): Promise<Checkpoint> {
  const bytes = await workspace.read(path);
  if (bytes === null) {
    const got = `no ${path} in ${workspace.description}`;
    throw new DataError("loadCheckpoint", "the checkpoint must exist", { got });
  }
  const { tensors, metadata } = decodeSafetensors(path, bytes);
  if (metadata.crc32 !== checksum(tensors)) {
    const got = `${checksum(tensors)} for ${metadata.crc32}`;
    throw new DataError(path, "the data must match its checksum", { got });
  }
  return { tensors, state: JSON.parse(metadata.state ?? "null") };
}

/** The newest whole checkpoint whose path begins with `prefix`; broken ones are passed over. */
export async function latestCheckpoint(
  workspace: Workspace,
  prefix: string,
): Promise<{ readonly path: string; readonly checkpoint: Checkpoint } | null> {
  for (const path of (await workspace.list(prefix)).reverse()) {
    try {
      return { path, checkpoint: await loadCheckpoint(workspace, path) };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
  }
  return null;
}
