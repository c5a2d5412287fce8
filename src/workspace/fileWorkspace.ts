// A workspace in a folder, for Deno and Node.

import type { FileSource } from "../data/files/fileSource.ts";
import { type Workspace, requirePath } from "./workspace.ts";

interface FileHandle {
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of node:fs/promises used here, so that the types need no host's library. */
interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  appendFile(path: string, bytes: Uint8Array): Promise<void>;
  open(path: string, flags: string): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
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

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await (await fileSystem()).readFile(path));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
}

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

  /** Writes beside the file, waits for the disk, and renames. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    const fs = await fileSystem();
    const target = this.#resolve(path);
    await fs.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    const temporary = `${target}.part`;
    const file = await fs.open(temporary, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, target);
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const fs = await fileSystem();
    const target = this.#resolve(path);
    await fs.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await fs.appendFile(target, bytes);
  }

  async list(prefix = ""): Promise<string[]> {
    const fs = await fileSystem();
    const found: string[] = [];
    const walk = async (inner: string): Promise<void> => {
      const entries = await fs
        .readdir(`${this.#folder}/${inner}`, { withFileTypes: true })
        .catch((): Entry[] => []);
      for (const entry of entries) {
        if (entry.isDirectory()) await walk(`${inner}${entry.name}/`);
        else if (!entry.name.endsWith(".part")) found.push(inner + entry.name);
      }
    };
    await walk("");
    return found.filter((path) => path.startsWith(prefix)).sort();
  }

  async remove(path: string): Promise<void> {
    await (await fileSystem()).rm(this.#resolve(path), { force: true });
  }

  #resolve(path: string): string {
    return `${this.#folder}/${requirePath(path)}`;
  }
}

/** Data files of a folder. */
export function folderSource(folder: string): FileSource {
  const describe = (name: string): string => `${folder.replace(/\/+$/, "")}/${name}`;
  return { describe, read: (name) => readOrNull(describe(name)) };
}
