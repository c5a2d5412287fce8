// A workspace that lasts as long as the program.

import { type Workspace, requirePath } from "./workspace.ts";

/** Files in memory. */
export class MemoryWorkspace implements Workspace {
  readonly description = "memory";
  readonly #files = new Map<string, Uint8Array>();

  async read(path: string): Promise<Uint8Array | null> {
    return this.#files.get(requirePath(path))?.slice() ?? null;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(requirePath(path), bytes.slice());
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const before = this.#files.get(requirePath(path)) ?? new Uint8Array(0);
    const joined = new Uint8Array(before.length + bytes.length);
    joined.set(before);
    joined.set(bytes, before.length);
    this.#files.set(path, joined);
  }

  async list(prefix = ""): Promise<string[]> {
    return [...this.#files.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(requirePath(path));
  }
}
