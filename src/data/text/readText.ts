// Text files in UTF-8.

import { DataError } from "../../errors.ts";
import { type FileSource, readFile } from "../files/fileSource.ts";

/**
 * The text of `name` or `name.gz`, in UTF-8, without a byte order mark.
 *
 * @throws {DataError} if there is no such file, or it is not UTF-8.
 */
export async function readText(source: FileSource, name: string): Promise<string> {
  const { where, bytes } = await readFile("readText", source, name);
  return decodeText(where, bytes);
}

/**
 * Bytes as the text that they are in UTF-8.
 *
 * @param name  of the file, for messages.
 * @throws {DataError} with the position of the first byte that does not belong.
 */
export function decodeText(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const got = `another byte at ${firstStrangeByte(bytes)}`;
    const remedy = "Save it as UTF-8.";
    throw new DataError(name, "the text must be UTF-8", { got, remedy, cause });
  }
}

/** Where decoding leaves a mark that was not there. */
function firstStrangeByte(bytes: Uint8Array): number {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) {
    const place = encoder.encode(text.slice(0, at)).length;
    const isMark = bytes[place] === 0xef && bytes[place + 1] === 0xbf && bytes[place + 2] === 0xbd;
    if (!isMark) return place;
  }
  return bytes.length;
}
