// Element types. Every element takes four bytes on the GPU; a bool is the u32 0 or 1.

import { DtypeError } from "../errors.ts";

export type DType = "f32" | "i32" | "u32" | "bool";

/** What `data()` returns, by dtype: bools come as bytes. */
export type HostData = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** The words of a tensor as the GPU holds them. */
export type GpuWords =
  Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export const BYTES_PER_ELEMENT = 4;

/** WGSL type that holds a dtype in a storage buffer. */
export const WGSL_TYPE: Readonly<Record<DType, "f32" | "i32" | "u32">> = {
  f32: "f32",
  i32: "i32",
  u32: "u32",
  bool: "u32",
};

/** An empty array of GPU words for `size` elements. */
export function gpuWords(dtype: DType, size: number): GpuWords {
  if (dtype === "f32") return new Float32Array(size);
  return dtype === "i32" ? new Int32Array(size) : new Uint32Array(size);
}

/** GPU words seen as the host's array for the dtype. */
export function toHostData(dtype: DType, bytes: ArrayBuffer): HostData {
  if (dtype === "f32") return new Float32Array(bytes);
  if (dtype === "i32") return new Int32Array(bytes);
  return dtype === "u32" ? new Uint32Array(bytes) : Uint8Array.from(new Uint32Array(bytes));
}

/** The bits of a number as the dtype's GPU word. */
export function wordOf(value: number, dtype: DType): number {
  if (dtype === "bool") return value === 0 ? 0 : 1;
  if (dtype !== "f32") return value >>> 0;
  floatScratch[0] = value;
  return wordScratch[0] as number;
}

const floatScratch = new Float32Array(1);
const wordScratch = new Uint32Array(floatScratch.buffer);

/** @throws {DtypeError} unless `dtype` is one of `allowed`. */
export function requireDtype(op: string, dtype: DType, allowed: readonly DType[]): void {
  if (allowed.includes(dtype)) return;
  const rule = `the dtype must be ${allowed.join(" or ")}`;
  const remedy = `Cast first: x.cast("${allowed[0]}").`;
  throw new DtypeError(op, rule, { got: dtype, remedy, dtype, allowed });
}
