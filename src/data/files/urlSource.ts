// Files by URL, as a page fetches them.

import { DataError } from "../../errors.ts";
import type { FileSource, OnReadProgress } from "./fileSource.ts";
import { joinBytes } from "./joinBytes.ts";

/** Answers that say there is no such file; storage services say 403 where they may not list. */
const ABSENT = [403, 404, 410];

/**
 * Files by their address under `base`, which ends with a slash if it is a folder.
 *
 * @returns a source whose `read` throws a DataError if the server cannot be reached, answers with
 *          anything but the file or its absence, or breaks off.
 */
export function urlSource(base: string): FileSource {
  const describe = (name: string): string => new URL(name, base).href;
  return {
    describe,
    async read(name, onProgress) {
      const url = describe(name);
      const response = await reach(url);
      if (ABSENT.includes(response.status)) return null;
      if (response.ok) return bodyOf(response, url, name, onProgress);
      throw new DataError(url, "the server must answer with the file", {
        got: `status ${response.status} ${response.statusText}`.trim(),
      });
    },
  };
}

async function reach(url: string): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    throw new DataError(url, "the server must be within reach", {
      got: (cause as Error).message,
      remedy: "Check the address and the network; for pages the server must allow their origin.",
      cause,
    });
  }
}

async function bodyOf(
  response: Response,
  url: string,
  name: string,
  onProgress: OnReadProgress | undefined,
): Promise<Uint8Array> {
  // A packed transfer tells its packed length, which says nothing of the file's.
  const length = response.headers.get("content-length");
  const isPlain = response.headers.get("content-encoding") === null;
  const total = length !== null && isPlain ? Number(length) : undefined;
  const parts: Uint8Array[] = [];
  let loaded = 0;
  onProgress?.({ name, loaded, total });
  try {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      parts.push(part.value);
      loaded += part.value.length;
      onProgress?.({ name, loaded, total });
    }
  } catch (cause) {
    const got = `a break after byte ${loaded}${total === undefined ? "" : ` of ${total}`}`;
    throw new DataError(url, "the file must come whole", { got, cause });
  }
  return joinBytes(parts);
}
