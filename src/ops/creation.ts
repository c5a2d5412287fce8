// New tensors: from host data, constants and ranges.

import { DtypeError, ShapeError, UsageError, shapeText } from "../errors.ts";
import type { Block } from "../gpu/buffers.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { ParamValue } from "../gpu/params.ts";
import { fill } from "../shaders/fill.ts";
import {
  COMPUTE_TYPE,
  type DType,
  type GpuWords,
  type HostData,
  WGSL_TYPE,
  gpuWords,
  requireSupport,
  wordOf,
} from "../tensor/dtype.ts";
import { type Shape, requireShape, sizeOf } from "../tensor/shape.ts";
import { type NestedArray, Tensor } from "../tensor/tensor.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";

/** Options of `tensor`. */
export interface TensorOptions {
  /** Default: from the nested array or typed array. */
  readonly shape?: Shape;
  /** Default: f32 for numbers, bool for booleans, and the type of a typed array. f16 needs a GPU feature. */
  readonly dtype?: DType;
}

/** Arrays that tensors are made of. */
export type TypedArray =
  HostData | Uint8ClampedArray | Int8Array | Int16Array | Uint16Array | Float64Array | HalfArray;

/** A Float16Array, which not every engine has. */
interface HalfArray extends ArrayBufferView, ArrayLike<number> {
  readonly [Symbol.toStringTag]: "Float16Array";
}

const STORED = ["f32", "f16", "i32", "u32"] as const;

const fills = new KernelFamily<(typeof STORED)[number]>((scalar) => {
  const prelude = `alias Scalar = ${scalar};\nalias Acc = ${COMPUTE_TYPE[scalar]};`;
  const wordOfParams = ([, start, step]: readonly ParamValue[]): ParamValue | undefined =>
    step === 0 ? start : undefined;
  return { shader: fill, prelude, ...(scalar !== "f16" && { constant: { wordOf: wordOfParams } }) };
});

/** Every kernel of this file. */
export function fillKernels(): Kernel[] {
  return fills.all(STORED);
}

/**
 * A tensor with the given values.
 *
 * @param values  a number or boolean, nested arrays of them, or a typed array.
 * @throws {ShapeError} if nested arrays are ragged or `shape` does not fit.
 * @throws {UsageError} if an integer dtype gets NaN, a fraction or a number out of its range.
 * @throws {DeviceError} if the dtype is "f16" and the adapter has no shader-f16.
 */
export function tensor(values: NestedArray | TypedArray, options: TensorOptions = {}): Tensor {
  const isTyped = ArrayBuffer.isView(values);
  const flat = isTyped ? values : flatten(values);
  const dtype = options.dtype ?? (isTyped ? dtypeOf(values) : dtypeOfFlat(flat));
  const shape = options.shape ?? (isTyped ? [values.length] : nestedShape(values));
  requireShape("tensor", shape);
  if (sizeOf(shape) !== flat.length) {
    throw new ShapeError("tensor", "the shape must have as many elements as the values", {
      got: `${flat.length} values for ${shapeText(shape)}`,
      shape,
    });
  }
  requireWhole(flat, dtype);
  requireSupport("tensor", dtype);
  const words = isReady(flat, dtype) ? flat : gpuWords(dtype, flat);
  const result = Tensor.empty(shape, dtype);
  if (words.length > 0) device().recorder.upload(result.block, words);
  return result;
}

/** Whether data can be sent as it is. A trace keeps what it is given, and so gets a copy. */
function isReady(values: unknown, dtype: DType): values is GpuWords {
  if (device().recorder.trace !== undefined || !ArrayBuffer.isView(values)) return false;
  if (!(values.buffer instanceof ArrayBuffer)) return false;
  if (dtype === "f32") return values instanceof Float32Array;
  return dtype === "i32"
    ? values instanceof Int32Array
    : values instanceof Uint32Array && dtype === "u32";
}

/** All elements 0 (or false). */
export function zeros(shape: Shape, dtype: DType = "f32"): Tensor {
  return full(shape, 0, dtype);
}

/** All elements 1 (or true). */
export function ones(shape: Shape, dtype: DType = "f32"): Tensor {
  return full(shape, 1, dtype);
}

/** All elements `value`. */
export function full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
  requireShape("full", shape);
  requireSupport("full", dtype);
  return ramp(shape, value, 0, dtype);
}

/** A number as an f32 scalar, which compiled functions read anew at every call. */
export function lateScalar(read: () => number): Tensor {
  const result = Tensor.empty([], "f32");
  const params = [1, { late: () => wordOf(read(), "f32") }, 0];
  device().dispatch(fills.get("f32"), [result.block], params, 1);
  return result;
}

/** `start, start + step, …`, all below `stop` (above it for a negative step). */
export function arange(start: number, stop?: number, step = 1, dtype: DType = "f32"): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0 || !Number.isFinite(step)) {
    throw new UsageError("arange", "step must be a finite number other than 0", { got: `${step}` });
  }
  requireSupport("arange", dtype);
  return ramp([Math.max(0, Math.ceil((to - from) / step))], from, step, dtype);
}

/** `count` evenly spaced numbers from `start` to `stop`, both included. */
export function linspace(start: number, stop: number, count: number): Tensor {
  requireShape("linspace", [count]);
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  const values = Float32Array.from({ length: count }, (_, i) => start + step * i);
  if (count > 1) values[count - 1] = stop;
  return tensor(values);
}

/** The identity matrix, `[rows, columns]`. */
export function eye(rows: number, columns: number = rows): Tensor {
  requireShape("eye", [rows, columns]);
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return tensor(values, { shape: [rows, columns] });
}

/** Writes an f32 into the first `size` words of a block. */
export function fillBlock(block: Block, size: number, value = 0): void {
  const params = [size, wordOf(value, "f32"), 0];
  device().dispatch(fills.get("f32"), [block], params, ...gridOf(size));
}

function ramp(shape: Shape, start: number, step: number, dtype: DType): Tensor {
  const result = Tensor.empty(shape, dtype);
  const [x, y] = gridOf(result.size);
  if (result.size === 0) return result;
  const params = [result.size, wordOf(start, dtype), wordOf(step, dtype)];
  device().dispatch(fills.get(WGSL_TYPE[dtype]), [result.block], params, x, y);
  return result;
}

/** Integers come as they are meant: nothing is cut off or wrapped around in silence. */
function requireWhole(values: ArrayLike<number | boolean>, dtype: DType): void {
  if ((dtype !== "i32" && dtype !== "u32") || values instanceof Int32Array) return;
  const [low, high] = dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (Number.isInteger(value) && value >= low && value <= high) continue;
    throw new UsageError("tensor", `${dtype} elements must be whole numbers in range`, {
      got: `${value} at index ${i}`,
      remedy: "Round or clip the values first.",
    });
  }
}

function flatten(values: NestedArray): (number | boolean)[] {
  return Array.isArray(values) ? values.flat(Infinity) : [values as number | boolean];
}

function nestedShape(values: NestedArray): number[] {
  if (!Array.isArray(values)) return [];
  const shapes = (values as readonly NestedArray[]).map(nestedShape);
  const first = shapes[0] ?? [];
  const ragged = shapes.findIndex((shape) => shape.join() !== first.join());
  if (ragged >= 0) {
    throw new ShapeError("tensor", "nested arrays must have equal lengths", {
      got: `${shapeText(first)} at index 0 and ${shapeText(shapes[ragged] ?? [])} at ${ragged}`,
    });
  }
  return [values.length, ...first];
}

function dtypeOfFlat(values: ArrayLike<number | boolean>): DType {
  return values.length > 0 && typeof values[0] === "boolean" ? "bool" : "f32";
}

function dtypeOf(values: ArrayBufferView): DType {
  if (values instanceof Float32Array || values instanceof Float64Array) return "f32";
  if ((values as Partial<HalfArray>)[Symbol.toStringTag] === "Float16Array") return "f16";
  if (values instanceof Int32Array || values instanceof Int16Array) return "i32";
  if (values instanceof Int8Array) return "i32";
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    throw new DtypeError("tensor", "64-bit integers are not supported", {
      remedy: "Convert with Int32Array.from(values, Number).",
    });
  }
  return "u32";
}
