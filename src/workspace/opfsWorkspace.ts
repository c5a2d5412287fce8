// A workspace in the browser's private file system, for pages and their workers.
// https://fs.spec.whatwg.org

import { contentOf, fileIn, folderIn, namesIn } from "../data/files/pickedFiles.ts";
import { UsageError } from "../errors.ts";
import { type Room, explained, meansFull } from "./workspaceError.ts";
import { PART, type Workspace, requirePath } from "./workspace.ts";

type Folder = FileSystemDirectoryHandle;

/** What the types of the web leave out: not all browsers have it, and workers alone have the last. */
interface FileHandle extends Omit<FileSystemFileHandle, "createWritable"> {
  createWritable?: FileSystemFileHandle["createWritable"];
  move?(folder: Folder, name: string): Promise<void>;
  createSyncAccessHandle?(): Promise<SyncAccess>;
}

interface SyncAccess {
  getSize(): number;
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

/**
 * Files in the private file system of a page's origin: they stay when the page is closed, and only that
 * origin sees them. Pages and their workers may use the same folder.
 */
export class OpfsWorkspace implements Workspace {
  readonly description: string;
  readonly #path: readonly string[];

  /** @param folder  where in the file system, made at the first write. */
  constructor(folder = "renga") {
    this.#path = requirePath(folder).split("/");
    this.description = `private file system/${folder}`;
  }

  async read(path: string): Promise<Uint8Array | null> {
    const inner = requirePath(path);
    const root = await this.#root();
    const file = root && (await fileIn(root, inner));
    return file === null ? null : contentOf(file);
  }

  /**
   * Writes beside the file and moves what is written to its place.
   *
   * @throws {WorkspaceError} if the origin's quota is used up; the old file stays.
   */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#put(path, bytes, async (folder, name) => {
      const temporary = await handleOf(folder, name + PART);
      try {
        await writeAt(temporary, bytes, 0);
        if (temporary.move !== undefined) return await temporary.move(folder, name);
        // A writable's own commit is whole or not at all, but for a file that was not there before.
        await writeAt(await handleOf(folder, name), bytes, 0);
        await folder.removeEntry(name + PART);
      } catch (error) {
        await folder.removeEntry(name + PART).catch(() => undefined);
        throw error;
      }
    });
  }

  /** @throws {WorkspaceError} if the origin's quota is used up; nothing is appended then. */
  async append(path: string, bytes: Uint8Array): Promise<void> {
    await this.#put(path, bytes, async (folder, name) => {
      const handle = await handleOf(folder, name);
      await writeAt(handle, bytes, (await handle.getFile()).size);
    });
  }

  async list(prefix = ""): Promise<string[]> {
    const root = await this.#root();
    const names = root === null ? [] : await namesIn(root);
    return names.filter((name) => name.startsWith(prefix) && !name.endsWith(PART)).sort();
  }

  /** Folders that become empty go too. */
  async remove(path: string): Promise<void> {
    const names = requirePath(path).split("/");
    const root = await this.#root();
    if (root === null) return;
    const folder = await folderIn(root, names.slice(0, -1));
    await folder?.removeEntry(names.at(-1) as string).catch(ignoreAbsence);
    for (let depth = names.length - 1; depth > 0; depth--) {
      if (!(await isRemoved(root, names.slice(0, depth)))) break;
    }
  }

  /** Writes in the file's folder, which is made first; again if another has removed it meanwhile. */
  async #put(
    path: string,
    bytes: Uint8Array,
    action: (folder: Folder, name: string) => Promise<void>,
  ): Promise<void> {
    const names = requirePath(path).split("/");
    for (let attempt = 1; ; attempt++) {
      try {
        const root = (await this.#root({ create: true })) as Folder;
        const folder = (await folderIn(root, names.slice(0, -1), { create: true })) as Folder;
        return await action(folder, names.at(-1) as string);
      } catch (error) {
        if (isAbsence(error) && attempt === 1) continue;
        const room = meansFull(error) ? await roomOf() : {};
        throw explained(`${this.description}/${path}`, bytes.length, error, room);
      }
    }
  }

  async #root(options?: FileSystemGetDirectoryOptions): Promise<Folder | null> {
    const storage = globalThis.navigator?.storage as Partial<StorageManager> | undefined;
    if (storage?.getDirectory === undefined) {
      throw new UsageError("OpfsWorkspace", "the host must have a private file system", {
        remedy: "Pages have one on https and localhost; elsewhere use a FileWorkspace.",
      });
    }
    return folderIn(await storage.getDirectory(), this.#path, options);
  }
}

async function handleOf(folder: Folder, name: string): Promise<FileHandle> {
  return (await folder.getFileHandle(name, { create: true })) as FileHandle;
}

/** A file with `bytes` from a place on, and what was before it. */
async function writeAt(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  const content = bytes as Uint8Array<ArrayBuffer>;
  if (handle.createWritable === undefined) return writeInWorker(handle, bytes, at);
  const writable = await handle.createWritable({ keepExistingData: at > 0 });
  try {
    await writable.write({ type: "write", position: at, data: content });
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => undefined);
    throw error;
  }
}

/** Safari before 26 has no writables, but files that workers can write to. */
async function writeInWorker(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  const access = await handle.createSyncAccessHandle?.();
  if (access === undefined) {
    throw new UsageError(
      "OpfsWorkspace",
      "this browser writes to its file system in workers only",
      {
        remedy: "Run it in a worker, or in a newer browser.",
      },
    );
  }
  try {
    access.truncate(at);
    access.write(bytes, { at });
    access.flush();
  } catch (error) {
    access.truncate(at);
    throw error;
  } finally {
    access.close();
  }
}

async function roomOf(): Promise<Room> {
  const { usage, quota } = await navigator.storage.estimate();
  return { usage, quota };
}

const isAbsence = (error: unknown): boolean => (error as DOMException).name === "NotFoundError";

function ignoreAbsence(error: unknown): void {
  if (!isAbsence(error)) throw error;
}

/** Removes a folder that has nothing but what a closed page left unfinished. */
async function isRemoved(root: Folder, names: readonly string[]): Promise<boolean> {
  try {
    const parent = await folderIn(root, names.slice(0, -1));
    const folder = await folderIn(root, names);
    if (parent === null || folder === null) return false;
    const left: string[] = [];
    for await (const [name, { kind }] of folder.entries()) {
      if (kind === "directory" || !name.endsWith(PART)) return false;
      left.push(name);
    }
    for (const name of left) await folder.removeEntry(name);
    await parent.removeEntry(names.at(-1) as string);
    return true;
  } catch {
    return false; // another writes in it, or has removed it
  }
}
