// Bytes with a line in front that says what they are, so that replicas notice when they do different things.

import { ReplicaError } from "../errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Everything begins at whole words. */
const wholeWords = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/**
 * Arrays behind a label: the label's bytes as a u32, the label in UTF-8, the arrays; each of the last two
 * filled up to whole words.
 */
export function encodeParcel(label: string, arrays: readonly ArrayBufferView[]): Bytes {
  const text = new TextEncoder().encode(label);
  const start = 4 + wholeWords(text.length);
  const size = arrays.reduce((sum, { byteLength }) => sum + wholeWords(byteLength), start);
  const parcel = new Uint8Array(size);
  new DataView(parcel.buffer).setUint32(0, text.length);
  parcel.set(text, 4);
  let at = start;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    parcel.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += wholeWords(byteLength);
  }
  return parcel;
}

/** Label and contents. */
function decodeParcel(parcel: Bytes): { readonly label: string; readonly contents: ArrayBuffer } {
  const size = new DataView(parcel.buffer, parcel.byteOffset, 4).getUint32(0);
  const label = new TextDecoder().decode(parcel.subarray(4, 4 + size));
  return { label, contents: parcel.slice(4 + wholeWords(size)).buffer };
}

/**
 * What is in the parcels of all replicas, by rank.
 *
 * @throws {ReplicaError} unless they all have the label of `rank`'s.
 */
export function openParcels(parcels: readonly Bytes[], rank: number): ArrayBuffer[] {
  const opened = parcels.map(decodeParcel);
  const own = opened[rank]?.label ?? "";
  const other = opened.findIndex(({ label }) => label !== own);
  if (other >= 0) {
    throw new ReplicaError("exchange", "all replicas must do the same", {
      got: `${own} here and ${opened[other]?.label ?? ""} of replica ${other}`,
      remedy: "Give them the same model and batches of one size.",
    });
  }
  return opened.map(({ contents }) => contents);
}
