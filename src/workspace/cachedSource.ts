// Data files that are fetched once and kept.

import type { FileSource, ListedSource, OnReadProgress } from "../data/files/fileSource.ts";
import { DataError, UsageError } from "../errors.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `cachedSource`. */
export interface CachedSourceOptions {
  /** SHA-256 of each file by name, in hexadecimal. With them no other files are there. */
  readonly checksums?: Readonly<Record<string, string>>;
  /** Called as files come; not for those that are kept already. */
  readonly onProgress?: OnReadProgress;
}

/**
 * The files of a source, kept in a workspace when they are first read. Where checksums are given, a kept
 * file that does not match is fetched again, and one that comes damaged is not kept.
 *
 *     const source = cachedSource(urlSource("https://example.org/mnist/"), new OpfsWorkspace("mnist"), {
 *       checksums: { "train-images-idx3-ubyte.gz": "440fcabf…", "train-labels-idx1-ubyte.gz": "3552534a…" },
 *       onProgress: ({ name, loaded, total }) => draw(name, loaded / (total ?? Infinity)),
 *     });
 *     const train = await loadMnist(source, "train");
 *
 * It lists the files that have checksums, else those that the source lists.
 *
 * @returns a source whose `read` throws a DataError if a file has another checksum, and a WorkspaceError if
 *          the workspace has no room for it.
 */
export function cachedSource(
  source: FileSource,
  workspace: Workspace,
  options: CachedSourceOptions = {},
): ListedSource {
  const { checksums, onProgress } = options;
  const read: FileSource["read"] = async (name, onOwnProgress) => {
    const wanted = checksums?.[name]?.toLowerCase();
    if (checksums !== undefined && wanted === undefined) return null;
    const kept = await workspace.read(name);
    if (kept !== null && (wanted === undefined || (await sha256(kept)) === wanted)) return kept;
    const bytes = await source.read(name, (progress) => {
      onProgress?.(progress);
      onOwnProgress?.(progress);
    });
    if (bytes === null) return null;
    if (wanted !== undefined) await requireChecksum(source.describe(name), bytes, wanted);
    await workspace.write(name, bytes);
    return bytes;
  };
  const list = async (): Promise<string[]> => {
    if (checksums !== undefined) return Object.keys(checksums).sort();
    if ("list" in source) return (source as ListedSource).list();
    throw new UsageError("cachedSource", "the source must know the names of its files", {
      remedy: "Pass checksums, or give it names with withNames.",
    });
  };
  return { read, list, describe: (name) => source.describe(name) };
}

async function requireChecksum(where: string, bytes: Uint8Array, wanted: string): Promise<void> {
  const found = await sha256(bytes);
  if (found === wanted) return;
  throw new DataError(where, `the file's SHA-256 must be ${wanted}`, {
    got: `${found} of ${bytes.length} bytes`,
    remedy: "It came damaged, or was changed where it lies: try again, or correct the checksum.",
  });
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto as Partial<Crypto>;
  if (subtle === undefined) {
    throw new UsageError("cachedSource", "checksums need a secure page", {
      remedy: "Serve it by https or from localhost.",
    });
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
