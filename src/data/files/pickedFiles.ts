// Files that a user picked in a page or dropped on it: a list of them, or a folder's handle.

import type { FileRange, ListedSource } from "./fileSource.ts";

/**
 * Picked or dropped files by name. Those of a picked folder have their path in it, without the folder's
 * own name.
 */
export function fileListSource(files: Iterable<File>, label = "picked files"): ListedSource {
  const byName = new Map([...files].map((file) => [nameOf(file), file]));
  return {
    describe: (name) => `${label}/${name}`,
    async read(name) {
      const file = byName.get(name);
      return file === undefined ? null : new Uint8Array(await file.arrayBuffer());
    },
    async readRange(name, start, end) {
      const file = byName.get(name);
      return file === undefined ? null : rangeOf(file, start, end);
    },
    list: async () => [...byName.keys()].sort(),
  };
}

async function rangeOf(file: File, start: number, end: number): Promise<FileRange> {
  const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
  return { start, bytes, size: file.size };
}

function nameOf({ name, webkitRelativePath: path }: File): string {
  return path ? path.slice(path.indexOf("/") + 1) : name;
}

/** The files of a folder that a page was given a handle of, and those in its folders. */
export function directorySource(folder: FileSystemDirectoryHandle): ListedSource {
  return {
    describe: (name) => `${folder.name}/${name}`,
    async read(name) {
      const file = await fileIn(folder, name);
      return file === null ? null : contentOf(file);
    },
    async readRange(name, start, end) {
      const file = await fileIn(folder, name);
      return file && orNull(file.getFile().then((opened) => rangeOf(opened, start, end)));
    },
    list: async () => (await namesIn(folder)).sort(),
  };
}

/** The folder at a path of names within another; null where there is none. */
export async function folderIn(
  folder: FileSystemDirectoryHandle,
  names: readonly string[],
  options: FileSystemGetDirectoryOptions = {},
): Promise<FileSystemDirectoryHandle | null> {
  let inner = folder;
  for (const name of names) {
    const next = await orNull(inner.getDirectoryHandle(name, options));
    if (next === null) return null;
    inner = next;
  }
  return inner;
}

/** The file at a path; null where there is none. */
export async function fileIn(
  folder: FileSystemDirectoryHandle,
  path: string,
): Promise<FileSystemFileHandle | null> {
  const names = path.split("/");
  const inner = await folderIn(folder, names.slice(0, -1));
  return inner === null ? null : orNull(inner.getFileHandle(names.at(-1) as string));
}

/** The bytes of a file; null if it has been removed meanwhile. */
export async function contentOf(handle: FileSystemFileHandle): Promise<Uint8Array | null> {
  const bytes = await orNull(handle.getFile().then((file) => file.arrayBuffer()));
  return bytes === null ? null : new Uint8Array(bytes);
}

/** Paths of all files, in no order. A folder that is removed meanwhile has none. */
export async function namesIn(folder: FileSystemDirectoryHandle, path = ""): Promise<string[]> {
  const walk = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === "file") found.push(path + name);
      else found.push(...(await namesIn(handle as FileSystemDirectoryHandle, `${path}${name}/`)));
    }
    return found;
  };
  return (await orNull(walk())) ?? [];
}

/** Null where there is nothing, or something of the other kind. */
async function orNull<Handle>(found: Promise<Handle>): Promise<Handle | null> {
  try {
    return await found;
  } catch (error) {
    const { name } = error as DOMException;
    if (name === "NotFoundError" || name === "TypeMismatchError") return null;
    throw error;
  }
}
