// The elements of a file's tensor as numbers.

import { DataError } from "../errors.ts";
import { fromHalf } from "../tensor/half.ts";
import { ELEMENT_BYTES } from "./decodeTensor.ts";
import type { OnnxDType, OnnxTensor } from "./model.ts";

type Read = (view: DataView, at: number) => number;

const asFloat = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(4));

/** bf16: the upper half of an f32. */
function fromUpperHalf(bits: number): number {
  asFloat.setUint32(0, bits * 65536);
  return asFloat.getFloat32(0);
}

const READERS: Readonly<Partial<Record<OnnxDType, Read>>> = {
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  f16: (view, at) => fromHalf(view.getUint16(at, true)),
  bf16: (view, at) => fromUpperHalf(view.getUint16(at, true)),
  i8: (view, at) => view.getInt8(at),
  u8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  i16: (view, at) => view.getInt16(at, true),
  u16: (view, at) => view.getUint16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u32: (view, at) => view.getUint32(at, true),
  i64: (view, at) => Number(view.getBigInt64(at, true)),
  u64: (view, at) => Number(view.getBigUint64(at, true)),
};

/**
 * The elements of a tensor; 64-bit integers as the nearest numbers.
 *
 * @throws {DataError} for texts, and if there are not as many bytes as the lengths say.
 */
export function hostElements(source: string, tensor: OnnxTensor): Float32Array | Float64Array {
  const { dtype, dims, bytes } = tensor;
  const count = dims.reduce((product, length) => product * length, 1);
  const [width, read] = [ELEMENT_BYTES[dtype], READERS[dtype]];
  if (read === undefined || bytes.length !== count * width) {
    const rule = `a tensor [${dims.join(", ")}] of ${dtype} must have ${count * width} bytes of numbers`;
    throw new DataError(source, rule, { got: `${bytes.length}` });
  }
  // A file's tensors may begin at any byte.
  if (dtype === "f32") return new Float32Array(bytes.slice().buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: count }, (_, i) => read(view, i * width));
}
