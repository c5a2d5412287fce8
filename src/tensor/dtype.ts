// Element types: what they are on the GPU and on the host. A bool is the u32 0 or 1; an f16 takes two
// bytes and is computed with in f32.

import { DeviceError, DtypeError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { fromHalf, toHalf } from "./half.ts";

/** What elements are: `f32`, `f16` (where the adapter has shader-f16), `i32`, `u32` or `bool`. */
export type DType = "f32" | "f16" | "i32" | "u32" | "bool";

/** What `data()` returns, by dtype: f16 comes as f32, bools as bytes. */
export type HostData = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** The elements of a tensor as the GPU holds them, in whole words. */
export type GpuWords =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>;

/** Bytes of an element on the GPU. */
export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  f32: 4,
  f16: 2,
  i32: 4,
  u32: 4,
  bool: 4,
};

/** WGSL type that holds a dtype in a storage buffer. */
export const WGSL_TYPE: Readonly<Record<DType, "f32" | "f16" | "i32" | "u32">> = {
  f32: "f32",
  f16: "f16",
  i32: "i32",
  u32: "u32",
  bool: "u32",
};

/** WGSL type that kernels compute with a dtype in: no sum or function is rounded to f16 on its way. */
export const COMPUTE_TYPE: Readonly<Record<DType, "f32" | "i32" | "u32">> = {
  f32: "f32",
  f16: "f32",
  i32: "i32",
  u32: "u32",
  bool: "u32",
};

/** The dtypes that have gradients. */
export const FLOATS: readonly DType[] = ["f32", "f16"];

export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f16";
}

/** Bytes of `size` elements, in words of 4: WebGPU copies nothing less. */
export function byteSize(dtype: DType, size: number): number {
  return Math.ceil((size * BYTES_PER_ELEMENT[dtype]) / 4) * 4;
}

/** Numbers or booleans as the GPU holds them. */
export function gpuWords(dtype: DType, values: ArrayLike<number | boolean>): GpuWords {
  const { length } = values;
  if (dtype === "f16") {
    const words = new Uint16Array(byteSize(dtype, length) / 2);
    for (let i = 0; i < length; i++) words[i] = toHalf(Number(values[i]));
    return words;
  }
  if (dtype === "bool") return Uint32Array.from(values, (value) => (value ? 1 : 0));
  const Kind = dtype === "f32" ? Float32Array : dtype === "i32" ? Int32Array : Uint32Array;
  const words = new Kind(length);
  words.set(values as ArrayLike<number>);
  return words;
}

/** The bytes of `size` elements seen as the host's array for the dtype. */
export function toHostData(dtype: DType, bytes: ArrayBuffer, size: number): HostData {
  if (dtype === "f32") return new Float32Array(bytes);
  if (dtype === "f16") return Float32Array.from(new Uint16Array(bytes, 0, size), fromHalf);
  if (dtype === "i32") return new Int32Array(bytes);
  return dtype === "u32" ? new Uint32Array(bytes) : Uint8Array.from(new Uint32Array(bytes));
}

/** The bits of a number as the type that kernels compute the dtype in. */
export function wordOf(value: number, dtype: DType): number {
  if (dtype === "bool") return value === 0 ? 0 : 1;
  if (!isFloat(dtype)) return value >>> 0;
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

/** @throws {DeviceError} if the adapter has no such elements: f16 is an optional feature. */
export function requireSupport(op: string, dtype: DType): void {
  if (dtype !== "f16" || device().info.features.f16) return;
  throw new DeviceError(op, 'the dtype "f16" needs a GPU feature', {
    got: `${device().info.adapter}: this adapter has no shader-f16`,
    remedy: 'Use "f32".',
  });
}
