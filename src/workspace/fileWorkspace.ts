// A workspace in a folder, for Deno and Node.

import type { FileRange, ListedSource } from "../data/files/fileSource.ts";
import { type Room, explained, meansFull } from "./workspaceError.ts";
import { PART, type Workspace, requirePath } from "./workspace.ts";

interface FileHandle {
  stat(): Promise<{ size: number }>;
  read(into: Uint8Array, at: number, length: number, from: number): Promise<{ bytesRead: number }>;
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of node:fs/promises used here, so that the types need no host's library. */
interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  appendFile(path: string, bytes: Uint8Array): Promise<void>;
  truncate(path: string, size: number): Promise<void>;
  stat(path: string): Promise<{ size: number }>;
  statfs?(path: string): Promise<{ bavail: number; bsize: number }>;
  open(path: string, flags: string): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
  rmdir(path: string): Promise<void>;
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>;
  readdir(path: string, options: { withFileTypes: true }): Promise<Entry[]>;
}

interface Entry {
  readonly name: string;
  isDirectory(): boolean;
}

async function fileSystem(): Promise<FileSystem> {
  // The name is kept from bundlers: pages have no such module and never come here.
  const name = "node:fs/promises";
  return (await import(/* @vite-ignore */ name)) as FileSystem;
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;
const isAbsent = (error: unknown): boolean => codeOf(error) === "ENOENT";

const readOrNull = (path: string): Promise<Uint8Array | null> =>
  orNull(async (fs) => new Uint8Array(await fs.readFile(path)));

/** Bytes `start` to `end` of a file, as far as it reaches. */
async function rangeOf(
  fs: FileSystem,
  path: string,
  start: number,
  end: number,
): Promise<FileRange> {
  const file = await fs.open(path, "r");
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
    let filled = 0;
    while (filled < bytes.length) {
      const left = bytes.length - filled;
      const { bytesRead } = await file.read(bytes, filled, left, start + filled);
      if (bytesRead === 0) break; // it was cut off meanwhile
      filled += bytesRead;
    }
    return { start, bytes: bytes.subarray(0, filled), size };
  } finally {
    await file.close();
  }
}

/** Null where there is no file. */
async function orNull<Content>(
  read: (fs: FileSystem) => Promise<Content>,
): Promise<Content | null> {
  try {
    return await read(await fileSystem());
  } catch (error) {
    // Below a file there is nothing, and a folder is no file.
    if (isAbsent(error) || ["EISDIR", "ENOTDIR"].includes(codeOf(error) ?? "")) return null;
    throw error;
  }
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** Files in a folder, which is made at the first write. */
export class FileWorkspace implements Workspace {
  readonly description: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.description = folder;
    this.#folder = folder.replace(/\/+$/, "");
  }

  read(path: string): Promise<Uint8Array | null> {
    return readOrNull(this.#resolve(path));
  }

  /**
   * Writes beside the file, waits for the disk, and renames.
   *
   * @throws {WorkspaceError} if the disk is full or may not be written to; the old file stays.
   */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#put(path, bytes, async (fs, target) => {
      const temporary = target + PART;
      try {
        const file = await fs.open(temporary, "w");
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await fs.rename(temporary, target);
      } catch (error) {
        await fs.rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  /** @throws {WorkspaceError} if the disk is full or may not be written to; nothing is appended then. */
  async append(path: string, bytes: Uint8Array): Promise<void> {
    await this.#put(path, bytes, async (fs, target) => {
      const before = await fs.stat(target).catch(() => ({ size: 0 }));
      try {
        await fs.appendFile(target, bytes);
      } catch (error) {
        if (meansFull(error)) await fs.truncate(target, before.size).catch(() => undefined);
        throw error;
      }
    });
  }

  async list(prefix = ""): Promise<string[]> {
    const fs = await fileSystem();
    const found: string[] = [];
    const walk = async (inner: string): Promise<void> => {
      for (const entry of await entriesOf(fs, `${this.#folder}/${inner}`)) {
        if (entry.isDirectory()) await walk(`${inner}${entry.name}/`);
        else if (!entry.name.endsWith(PART)) found.push(inner + entry.name);
      }
    };
    await walk("");
    return found.filter((path) => path.startsWith(prefix)).sort();
  }

  /** Folders that become empty go too. */
  async remove(path: string): Promise<void> {
    const fs = await fileSystem();
    const target = this.#resolve(path);
    await fs.rm(target, { force: true });
    for (let folder = parentOf(target); folder !== this.#folder; folder = parentOf(folder)) {
      if (!(await isRemoved(fs, folder))) break;
    }
  }

  /** Writes in the file's folder, which is made first; again if another has removed it meanwhile. */
  async #put(
    path: string,
    bytes: Uint8Array,
    action: (fs: FileSystem, target: string) => Promise<void>,
  ): Promise<void> {
    const fs = await fileSystem();
    const target = this.#resolve(path);
    for (let attempt = 1; ; attempt++) {
      try {
        await fs.mkdir(parentOf(target), { recursive: true });
        return await action(fs, target);
      } catch (error) {
        if (isAbsent(error) && attempt === 1) continue;
        const room = meansFull(error) ? await roomOf(fs, parentOf(target)) : {};
        throw explained(target, bytes.length, error, room);
      }
    }
  }

  #resolve(path: string): string {
    return `${this.#folder}/${requirePath(path)}`;
  }
}

async function entriesOf(fs: FileSystem, folder: string): Promise<Entry[]> {
  return fs.readdir(folder, { withFileTypes: true }).catch((): Entry[] => []);
}

/** Removes a folder that has nothing but what a killed process left unfinished. */
async function isRemoved(fs: FileSystem, folder: string): Promise<boolean> {
  const entries = await entriesOf(fs, folder);
  if (!entries.every((entry) => !entry.isDirectory() && entry.name.endsWith(PART))) return false;
  try {
    for (const { name } of entries) await fs.rm(`${folder}/${name}`, { force: true });
    await fs.rmdir(folder);
    return true;
  } catch {
    return false; // another writes in it
  }
}

async function roomOf(fs: FileSystem, folder: string): Promise<Room> {
  try {
    const { bavail, bsize } = (await fs.statfs?.(folder)) ?? {};
    return bavail === undefined || bsize === undefined ? {} : { free: bavail * bsize };
  } catch {
    return {};
  }
}

/** Data files of a folder, and of those in it. */
export function folderSource(folder: string): ListedSource {
  const describe = (name: string): string => `${folder.replace(/\/+$/, "")}/${name}`;
  const list = (): Promise<string[]> => new FileWorkspace(folder).list();
  return {
    describe,
    read: (name) => readOrNull(describe(name)),
    readRange: (name, start, end) => orNull((fs) => rangeOf(fs, describe(name), start, end)),
    list,
  };
}
