// Values of an ONNX graph while it runs: on the host where they are known without the GPU.

import { UsageError } from "../../errors.ts";
import { hostElements } from "../hostElements.ts";
import type { OnnxTensor } from "../model.ts";
import { type DType, Tensor, tensor } from "./library.ts";

/** Gives a model up for a reason that its group of ops, or of uses of one, is named after. */
export function notMapped(reason: string): never {
  throw new UsageError("importOnnx", "the model must keep to what can be imported", {
    got: reason,
    isUnsupported: true,
  });
}

/** The dtype that stands for an element type: the same kind of number, in 32 bits. */
const DTYPES: Readonly<Record<string, DType>> = {
  ...{ f32: "f32", f64: "f32", f16: "f32", bf16: "f32", i8: "i32", i16: "i32", i32: "i32" },
  ...{ i64: "i32", u8: "u32", u16: "u32", u32: "u32", u64: "u32", bool: "bool" },
};

/** The dtype for an element type. Gives up on types that no dtype stands for. */
export function dtypeOf(type: string): DType {
  return DTYPES[type] ?? notMapped(`the element type ${type}`);
}

/** Numbers on the host with their shape and the format's element type. */
export interface HostValue {
  readonly type: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** The numbers of a file's tensor. */
export function hostValueOf(given: OnnxTensor): HostValue {
  return { type: given.dtype, shape: given.dims, values: hostElements("importOnnx", given) };
}

export class Value {
  readonly type: string;
  readonly shape: readonly number[];
  /** The numbers, where they are known. */
  readonly host: HostValue | undefined;
  /** Whether the numbers follow from the file and from shapes alone. */
  readonly isStatic: boolean;
  #tensor: Tensor | undefined;

  /**
   * @param onGpu  the same value on the GPU, if it is there already.
   * @param type   of a tensor in the format, where it says more than its dtype.
   */
  constructor(from: HostValue | Tensor, isStatic = false, onGpu?: Tensor, type?: string) {
    this.shape = from.shape;
    this.isStatic = isStatic;
    if (from instanceof Tensor) {
      this.type = type ?? (from.dtype === "f16" ? "f32" : from.dtype);
      this.#tensor = from;
      this.host = undefined;
      return;
    }
    this.type = from.type;
    dtypeOf(from.type);
    this.host = from;
    this.#tensor = onGpu;
  }

  /** A value of the file, which stays. */
  static ofFile(given: OnnxTensor): Value {
    return new Value(hostValueOf(given), true);
  }

  get size(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  /** The value on the GPU. */
  get tensor(): Tensor {
    if (this.#tensor !== undefined || this.host === undefined) return this.#tensor as Tensor;
    this.#tensor = tensorOf(this.host);
    return this.#tensor;
  }

  /** The elements on the host. @throws {UsageError} if the GPU has them alone. */
  numbers(reader: string): number[] {
    if (this.host !== undefined) return Array.from(this.host.values);
    throw new UsageError("importOnnx", `${reader} must be known before the GPU runs`, {
      got: `a value that is computed, ${this.shape.length > 0 ? `[${this.shape.join(", ")}]` : "one"}`,
      remedy: "If it is an input of the model, give it as { dtype, dims, bytes }.",
    });
  }
}

/** Numbers of the host as a tensor. */
export function tensorOf({ type, shape, values }: HostValue): Tensor {
  const dtype = dtypeOf(type);
  const [low, high] = dtype === "u32" ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  const isOutside = (x: number): boolean => x < low || x > high;
  if (dtype !== "f32" && Array.prototype.some.call(values, isOutside)) {
    return notMapped("64-bit integers that need more than 32 bits");
  }
  const data = values instanceof Float32Array ? values : Float64Array.from(values);
  return tensor(data, { shape, dtype });
}
