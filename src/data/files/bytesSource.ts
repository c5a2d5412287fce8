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
  return {
    describe: (name) => `${label}/${name}`,
    read: async (name) => (Object.hasOwn(files, name) ? (files[name] as Uint8Array) : null),
    list: async () => Object.keys(files).sort(),
  };
}
