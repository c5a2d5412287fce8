// Gzipped bytes as they were before.

import { DataError } from "../../errors.ts";
import { joinBytes } from "./joinBytes.ts";

const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Bytes as they were before gzip, if they are gzipped.
 *
 * @param name  of the file, for messages.
 * @throws {DataError} if the gzip data is cut off or damaged.
 */
export async function gunzip(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return bytes;
  const parts: Uint8Array[] = [];
  let unpacked = 0;
  try {
    const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
    const reader = stream.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      unpacked += part.value.length;
    }
  } catch (cause) {
    throw new DataError(name, "the gzip data must be whole", {
      got: `an end or damage after byte ${unpacked} of what is packed`,
      remedy: "The file is cut off or damaged: fetch it again.",
      cause,
    });
  }
  return joinBytes(parts);
}
