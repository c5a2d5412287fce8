// The elements of arrays as files hold them, and the host arrays that they become and come from.

import { DataError, UsageError } from "../errors.ts";
import { bfloat16AsFloat, fromBfloat16, toBfloat16 } from "../tensor/bfloat16.ts";
import { fromHalf, halfAsFloat, toHalf } from "../tensor/half.ts";
import type { HostArray, HostDType } from "./hostArray.ts";

/** Element types of files. */
export type ElementKind =
  | "f16"
  | "bf16"
  | "f32"
  | "f64"
  | "i8"
  | "i16"
  | "i32"
  | "i64"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "bool";

interface Kind {
  readonly bytes: number;
  /** What host arrays of them are. */
  readonly dtype: HostDType;
  readonly read: (view: DataView, at: number, isLittle: boolean) => number;
}

const KINDS: Readonly<Record<ElementKind, Kind>> = {
  f16: { bytes: 2, dtype: "f16", read: (view, at, le) => fromHalf(view.getUint16(at, le)) },
  bf16: { bytes: 2, dtype: "f32", read: (view, at, le) => fromBfloat16(view.getUint16(at, le)) },
  f32: { bytes: 4, dtype: "f32", read: (view, at, le) => view.getFloat32(at, le) },
  f64: { bytes: 8, dtype: "f32", read: (view, at, le) => view.getFloat64(at, le) },
  i8: { bytes: 1, dtype: "i32", read: (view, at) => view.getInt8(at) },
  i16: { bytes: 2, dtype: "i32", read: (view, at, le) => view.getInt16(at, le) },
  i32: { bytes: 4, dtype: "i32", read: (view, at, le) => view.getInt32(at, le) },
  i64: { bytes: 8, dtype: "i32", read: (view, at, le) => Number(view.getBigInt64(at, le)) },
  u8: { bytes: 1, dtype: "u8", read: (view, at) => view.getUint8(at) },
  u16: { bytes: 2, dtype: "u32", read: (view, at, le) => view.getUint16(at, le) },
  u32: { bytes: 4, dtype: "u32", read: (view, at, le) => view.getUint32(at, le) },
  u64: { bytes: 8, dtype: "u32", read: (view, at, le) => Number(view.getBigUint64(at, le)) },
  bool: { bytes: 1, dtype: "bool", read: (view, at) => Number(view.getUint8(at) !== 0) },
};

/** Bytes of an element. */
export const bytesPerElement = (kind: ElementKind): number => KINDS[kind].bytes;

/** The dtype of the host arrays that elements become: the next one that holds them. */
export const hostDtypeOf = (kind: ElementKind): HostDType => KINDS[kind].dtype;

const ARRAYS = {
  f32: Float32Array,
  f16: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bool: Uint8Array,
};

/** Kinds whose bytes in a file are those of the host array, on the little-endian hosts that there are. */
const AS_THEY_ARE: ReadonlySet<string> = /* @__PURE__ */ new Set(["f32", "i32", "u32", "u8"]);

/** How the elements of an array lie in a file. */
export interface ElementLayout {
  /** Default false. */
  readonly isBigEndian?: boolean;
  /** Whether the first axis moves fastest. Default false. */
  readonly isFortran?: boolean;
}

/** Whether an array can be the bytes as they lie in a file. */
export function sharesBytes(
  kind: ElementKind,
  shape: readonly number[],
  bytes: Uint8Array,
  { isBigEndian = false, isFortran = false }: ElementLayout,
): boolean {
  const { bytes: width } = KINDS[kind];
  const isAsItIs = AS_THEY_ARE.has(kind) && bytes.byteOffset % width === 0;
  return isAsItIs && (!isBigEndian || width === 1) && (!isFortran || shape.length < 2);
}

/**
 * The array that the bytes of a file are. It takes at most four times as many bytes, and shares their
 * memory where they need no change and are aligned.
 *
 * @param where  for messages.
 * @param bytes  as many as the shape needs.
 * @throws {DataError} if a finite element is beyond the array's dtype: an i64 beyond i32, an f64 beyond f32.
 */
export function decodeElements(
  where: string,
  kind: ElementKind,
  shape: readonly number[],
  bytes: Uint8Array,
  layout: ElementLayout = {},
): HostArray {
  const { bytes: width, dtype, read } = KINDS[kind];
  const count = bytes.length / width;
  const Data = ARRAYS[dtype];
  const { isBigEndian = false, isFortran = false } = layout;
  if (sharesBytes(kind, shape, bytes, layout)) {
    return { dtype, shape, data: new Data(bytes.buffer as ArrayBuffer, bytes.byteOffset, count) };
  }
  const data = new Data(count);
  const isPlain = !isBigEndian && (!isFortran || shape.length < 2) && bytes.byteOffset % 2 === 0;
  if (isPlain && (kind === "f16" || kind === "bf16")) {
    const stored = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
    widen(stored, new Uint32Array(data.buffer), kind === "f16" ? halfAsFloat : bfloat16AsFloat);
    return { dtype, shape, data };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const next = isFortran ? fortranPlaces(shape) : undefined;
  for (let i = 0; i < count; i++) {
    const value = read(view, i * width, !isBigEndian);
    const at = next === undefined ? i : next();
    data[at] = value;
    if (width < 8) continue;
    const stored = data[at] as number;
    const fits = dtype === "f32" ? isFinite(stored) || !isFinite(value) : stored === value;
    if (!fits) {
      throw new DataError(where, `elements of ${kind} must fit ${dtype}, as which they are read`, {
        got: `${value} at element ${i}`,
      });
    }
  }
  return { dtype, shape, data };
}

/** Bits into bits: many times as fast as number by number. */
function widen(from: Uint16Array, into: Uint32Array, bitsOf: (bits: number) => number): void {
  for (let i = 0; i < from.length; i++) into[i] = bitsOf(from[i] as number);
}

/** Where in row-major order the next element goes, of those with the first axis fastest. */
function fortranPlaces(shape: readonly number[]): () => number {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, n) => size * n, 1));
  const index = shape.map(() => 0);
  let place = 0;
  return () => {
    const here = place;
    for (let axis = 0; axis < shape.length; axis++) {
      place += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      place -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
    return here;
  };
}

/** The kinds in which files hold what a host array holds. */
export type FloatKind = "f16" | "bf16" | "f32" | "f64";

/**
 * The bytes, little-endian, of an array's elements in a file. Whole numbers and truth values stay as they are.
 *
 * @param where  for messages.
 * @param kind   of f32 and f16 arrays.
 * @throws {UsageError} if a finite number is beyond the kind.
 */
export function encodeElements(
  where: string,
  { dtype, data }: HostArray,
  kind: FloatKind,
): Uint8Array<ArrayBuffer> {
  const isFloat = dtype === "f32" || dtype === "f16";
  const stored = isFloat && kind !== "f32" ? narrowed(where, data, kind) : data;
  return new Uint8Array(stored.buffer as ArrayBuffer, stored.byteOffset, stored.byteLength);
}

function narrowed(
  where: string,
  data: HostArray["data"],
  kind: Exclude<FloatKind, "f32">,
): Uint16Array | Float64Array {
  if (kind === "f64") return Float64Array.from(data);
  const [bitsOf, infinity] = kind === "f16" ? [toHalf, 0x7c00] : [toBfloat16, 0x7f80];
  return Uint16Array.from(data as ArrayLike<number>, (value) => {
    const bits = bitsOf(value);
    if ((bits & 0x7fff) !== infinity || !isFinite(value)) return bits;
    throw new UsageError(where, `numbers must fit ${kind}`, {
      got: `${value}`,
      remedy: "Write them as f32.",
    });
  });
}

/** What an array's elements are called, with floats as `kind`: `kindOf(i32, "f16")` is i32. */
export function kindOf(dtype: HostDType, kind: FloatKind): ElementKind {
  return dtype === "f32" || dtype === "f16" ? kind : dtype;
}
