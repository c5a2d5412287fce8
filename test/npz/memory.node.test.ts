// What loaders allocate for damaged files, as Node counts it: no more than four times the file, beside a constant.

import { expect, test } from "vitest";
import { DataError } from "../../src/index.ts";
import { type HostArray, bytesSource } from "../../src/data/index.ts";
import { decodeNpz, encodeNpz } from "../../src/npz/index.ts";
import { decodeNpy, encodeNpy, openSafetensors, readTensors } from "../../src/pretrained/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/workspace/index.ts";
import { noise } from "../pretrained/arrays.ts";
import { damagedCopies } from "../pretrained/hostile.ts";

/** Tables of fflate, texts of headers. */
const CONSTANT = 300_000;

const tensors: Record<string, HostArray> = {
  "net/w": noise(100, 300),
  "net/b": noise(300),
  mask: { dtype: "bool", shape: [20_000], data: new Uint8Array(20_000).fill(1) },
};

/** Bytes of buffers that a decoder made. Collected garbage could hide some, but not much at this pace. */
async function allocatedBy(decode: () => unknown): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  try {
    await decode();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
  }
  return process.memoryUsage().arrayBuffers - before;
}

const safetensors = encodeSafetensors({ tensors, metadata: {} }, { dtype: "f16" });
const small = noise(5000);

test.each<[string, Uint8Array, number, (bytes: Uint8Array) => unknown]>([
  ["safetensors", safetensors, 260, (bytes) => decodeSafetensors("x", bytes)],
  [
    "safetensors, array by array",
    safetensors,
    260,
    async (bytes) =>
      readTensors(await openSafetensors(bytesSource({ "model.safetensors": bytes }))),
  ],
  [
    ".npy",
    encodeNpy(tensors["net/w"] as HostArray, { dtype: "f16" }),
    72,
    (bytes) => decodeNpy("x", bytes),
  ],
  [".npz", encodeNpz(tensors, { dtype: "f16" }), 200, (bytes) => decodeNpz("x", bytes)],
  [
    ".npz, packed",
    encodeNpz({ ...tensors, small }, { isPacked: true }),
    200,
    (bytes) => decodeNpz("x", bytes),
  ],
])("%s", async (_, whole, header, decode) => {
  let most = 0;
  for (const bytes of damagedCopies(whole, header, 5)) {
    const allocated = await allocatedBy(() => decode(bytes));
    most = Math.max(most, allocated / (4 * bytes.length + CONSTANT));
  }
  // The measure sees something: undamaged data was read too.
  expect(most).toBeGreaterThan(0.05);
  expect(most).toBeLessThanOrEqual(1);
});
