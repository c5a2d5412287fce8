// Elements of arrays as files have them.

import type { HostArray } from "../data/hostArray.ts";
import { toHalf } from "../tensor/half.ts";

/** The bytes of an array's elements, little endian, row-major; f16 takes two bytes each. */
export function hostBytes({ dtype, data }: Pick<HostArray, "dtype" | "data">): Uint8Array {
  const stored = dtype === "f16" ? Uint16Array.from(data, toHalf) : data;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}
