// Files by URL, as a page fetches them.

import { DataError } from "../../errors.ts";
import type { FileRange, FileSource, OnReadProgress } from "./fileSource.ts";
import { joinBytes } from "./joinBytes.ts";

/** Answers that say there is no such file; storage services say 403 where they may not list. */
const ABSENT = [403, 404, 410];

/** The answer to a range that begins behind the file's end. */
const BEYOND = 416;

/** The answer with a part of the file. */
const PART = 206;

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
      return response && bodyOf(response, url, name, onProgress);
    },
    async readRange(name, start, end) {
      const url = describe(name);
      // The last byte is named, so that a range of none cannot be asked for.
      const range = `bytes=${start}-${Math.max(start, end - 1)}`;
      const response = await reach(url, { headers: { range } });
      return response && rangeOf(response, url, { name, start, end });
    },
  };
}

/** The answer with the file; null where there is none. */
async function reach(url: string, request: RequestInit = {}): Promise<Response | null> {
  const response = await answerOf(url, request);
  if (ABSENT.includes(response.status)) return null;
  if (response.ok || response.status === BEYOND) return response;
  throw new DataError(url, "the server must answer with the file", {
    got: `status ${response.status} ${response.statusText}`.trim(),
  });
}

async function answerOf(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    throw new DataError(url, "the server must be within reach", {
      got: (cause as Error).message,
      remedy: "Check the address and the network; for pages the server must allow their origin.",
      cause,
    });
  }
}

/** RFC 9110, section 14.4: `bytes 0-99/1234`, or an asterisk for what is not known. */
function contentRange(response: Response): { start?: number; size?: number } {
  const header = response.headers.get("content-range") ?? "";
  const [, start, size] = /^bytes (?:(\d+)-\d+|\*)\/(?:(\d+)|\*)$/.exec(header) ?? [];
  return { ...(start && { start: Number(start) }), ...(size && { size: Number(size) }) };
}

async function rangeOf(
  response: Response,
  url: string,
  asked: { readonly name: string; readonly start: number; readonly end: number },
): Promise<FileRange> {
  const { start = asked.start, size } = contentRange(response);
  if (response.status === BEYOND) {
    await response.body?.cancel();
    return { start: asked.start, bytes: new Uint8Array(0), size };
  }
  const bytes = await bodyOf(response, url, asked.name, undefined);
  if (response.status !== PART) return { start: 0, bytes, size: bytes.length };
  if (start <= asked.start) return { start, bytes, size };
  throw new DataError(url, "the server must answer with the range that was asked for", {
    got: `bytes from ${start} for bytes from ${asked.start}`,
  });
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
