// Files in memory as data sources, whole and damaged.

import { expect } from "vitest";
import { DataError, HostRandom } from "../../src/index.ts";

/** Gzipped bytes. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Expects a reader to do its work or to throw a DataError, whatever is cut off, changed or added.
 *
 * @returns the messages of what it refused.
 */
export async function expectTypedFaults(
  whole: Uint8Array,
  count: number,
  read: (bytes: Uint8Array) => unknown,
): Promise<string[]> {
  const random = new HostRandom(11);
  const messages: string[] = [];
  for (let i = 0; i < count; i++) {
    let bytes = whole.slice();
    if (i % 3 === 0) bytes = bytes.slice(0, random.integer(bytes.length));
    else if (i % 3 === 1) bytes[random.integer(bytes.length)] = random.integer(256);
    else bytes = Uint8Array.from([...bytes, ...bytes.slice(0, 1 + random.integer(9))]);
    try {
      await read(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      messages.push((error as Error).message);
    }
  }
  return messages;
}
