// Files that are already in memory.

import type { ListedSource } from "./fileSource.ts";

/**
 * Files by name from their bytes.
 *
 * @param label  what messages call the place.
 */
export function bytesSource(
  files: Readonly<Record<string, Uint8Array>>,
  label = "memory",
): ListedSource {
  const bytesOf = (name: string): Uint8Array | null =>
    Object.hasOwn(files, name) ? (files[name] as Uint8Array) : null;
  return {
    describe: (name) => `${label}/${name}`,
    read: async (name) => bytesOf(name),
    async readRange(name, start, end) {
      const bytes = bytesOf(name);
      return bytes && { start, bytes: bytes.subarray(start, end), size: bytes.length };
    },
    list: async () => Object.keys(files).sort(),
  };
}
