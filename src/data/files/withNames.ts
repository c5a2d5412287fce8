// Sources that cannot list their files, with the names of those that are there.

import type { FileSource, ListedSource } from "./fileSource.ts";

/**
 * The source with a list of its files, which a server does not tell.
 *
 *     const pets = withNames(urlSource("https://example.org/pets/"), ["cat/a.png", "dog/b.png"]);
 *     const { data } = await loadImageFolder(pets, { size: 64 });
 */
export function withNames(source: FileSource, names: readonly string[]): ListedSource {
  const readRange = source.readRange?.bind(source);
  return {
    ...(readRange && { readRange }),
    read: (name, onProgress) => source.read(name, onProgress),
    describe: (name) => source.describe(name),
    list: async () => [...names].sort(),
  };
}
