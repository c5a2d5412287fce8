// Damage to files, by seed: what loaders must meet with a DataError or with arrays that fit.

import { expect } from "vitest";
import { DataError, HostRandom } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import { sizeOf } from "./arrays.ts";

type Arrays = Readonly<Record<string, HostArray>>;

/** Texts that headers may have, and what could be in their place. */
const EDITS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\d+/g, ["-1", "9007199254740993", "4294967296", "1e9", "0", "99999", "NaN", "0.5"]],
  [/F32|I32|BOOL|f4|i4|b1/g, ["F64", "I8", "BF16", "X1", "f8", "i1", "c8", "O8", "u8", ""]],
  [/[[(]/g, ["[[", "((", "[[[[[[[[", ""]],
  [/[\])]/g, ["]]", "))", ""]],
  [/["']/g, ["", "'", '"', "\\u0000"]],
  [/[{},:]/g, ["{", "}", ",", ":", ""]],
  [/True|False/g, ["None", "True", "1", "False"]],
];

/** Byte for byte. */
const asText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

const asBytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** A damaged copy of a file, of which the first `header` bytes are looked at more closely. */
function damaged(whole: Uint8Array, header: number, random: HostRandom, kind: number): Uint8Array {
  const place = (length: number): number => random.integer(Math.max(1, length));
  if (kind === 0) return whole.slice(0, place(whole.length));
  if (kind === 1) {
    const bytes = whole.slice();
    for (let i = 0; i <= place(4); i++) bytes[place(bytes.length)] = random.u32();
    return bytes;
  }
  if (kind === 2) {
    const bytes = whole.slice();
    for (let i = 0; i <= place(3); i++) bytes[place(header)] = random.u32();
    return bytes;
  }
  if (kind === 3) {
    // A part of it is in it twice, or is not.
    const [from, to] = [place(whole.length), place(whole.length)];
    return joined(whole.subarray(0, from), whole.subarray(to));
  }
  if (kind === 4) {
    // A number of four or eight bytes is as large as can be, or negative.
    const bytes = whole.slice();
    bytes.fill(random.integer(2) === 0 ? 0xff : 0x7f, place(header), place(header) + 4);
    return bytes;
  }
  const [pattern, texts] = EDITS[random.integer(EDITS.length)] as (typeof EDITS)[number];
  const head = asText(whole.subarray(0, header));
  const found = [...head.matchAll(pattern)];
  const hit = found[place(found.length)];
  if (hit === undefined) return whole.slice(0, -1);
  const text = texts[random.integer(texts.length)] as string;
  const edited = head.slice(0, hit.index) + text + head.slice(hit.index + hit[0].length);
  return joined(asBytes(edited), whole.subarray(header));
}

/** Damaged copies, each with its number. */
export function* damagedCopies(
  whole: Uint8Array,
  header: number,
  seed: number,
  count = 200,
): Generator<Uint8Array> {
  const random = new HostRandom(seed);
  for (let i = 0; i < count; i++) yield damaged(whole, header, random, i % 6);
}

/** Bytes of all that arrays hold; memory that several share counts once. */
function bytesOf(arrays: Arrays): number {
  const buffers = new Set(Object.values(arrays).map(({ data }) => data.buffer));
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/**
 * Decodes damaged copies, and expects a DataError or arrays that have as many elements as their shapes and
 * take no more than four times the file.
 *
 * @returns  how many were refused.
 */
export async function expectRefused(
  copies: Iterable<Uint8Array>,
  decode: (bytes: Uint8Array) => Arrays | Promise<Arrays>,
): Promise<number> {
  let refused = 0;
  for (const bytes of copies) {
    const started = performance.now();
    try {
      const arrays = await decode(bytes);
      for (const { shape, data } of Object.values(arrays)) expect(data.length).toBe(sizeOf(shape));
      expect(bytesOf(arrays)).toBeLessThanOrEqual(
        4 * Math.max(bytes.buffer.byteLength, bytes.length),
      );
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      refused++;
    }
    expect(performance.now() - started).toBeLessThan(2000);
  }
  return refused;
}
