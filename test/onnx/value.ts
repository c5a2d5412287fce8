// Values of an ONNX graph: tensors of the format, brought to the dtypes that the library has.

import { type DType, Tensor, tensor } from "../../src/index.ts";

/** A tensor of a test, as the decoder gives it. */
export interface PlainTensor {
  readonly type: string;
  readonly shape: readonly number[];
  /** The elements as 64-bit floats. */
  readonly b64?: string;
}

/** Thrown when a test asks for what the library does not have. */
export class NotMapped extends Error {}

/** Gives a test up for a reason that its group is named after. */
export function notMapped(reason: string): never {
  throw new NotMapped(reason);
}

/** The dtype that stands for an element type: the same kind of number, in 32 bits. */
const DTYPES: Readonly<Record<string, DType>> = {
  f32: "f32",
  f64: "f32",
  f16: "f32",
  bf16: "f32",
  i8: "i32",
  i16: "i32",
  i32: "i32",
  i64: "i32",
  u8: "u32",
  u16: "u32",
  u32: "u32",
  u64: "u32",
  bool: "bool",
};

/** The dtype for an element type. Gives up on types that no dtype stands for. */
export function dtypeOf(type: string): DType {
  if (type === "sequence") return notMapped("sequences and optional values");
  if (type === "string") return notMapped("strings");
  if (type.startsWith("complex")) return notMapped("complex numbers");
  return DTYPES[type] ?? notMapped("dtype: numbers of 8 bits or less other than int8 and uint8");
}

/** A value while a graph runs: on the host where it came from a file, on the GPU when asked. */
export class Value {
  readonly type: string;
  readonly #shape: readonly number[];
  readonly #host: Float64Array | undefined;
  #tensor: Tensor | undefined;

  constructor(from: PlainTensor | Tensor) {
    this.#shape = from.shape;
    if (from instanceof Tensor) {
      this.type = from.dtype;
      this.#tensor = from;
      return;
    }
    this.type = from.type;
    dtypeOf(from.type);
    const bytes = Uint8Array.from(atob(from.b64 ?? ""), (character) => character.charCodeAt(0));
    this.#host = new Float64Array(bytes.buffer);
  }

  get tensor(): Tensor {
    if (this.#tensor !== undefined) return this.#tensor;
    const values = this.#host as Float64Array;
    const dtype = dtypeOf(this.type);
    const [low, high] = dtype === "u32" ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
    if (dtype !== "f32" && values.some((x) => x < low || x > high)) {
      return notMapped("dtype: 64-bit integers that need more than 32 bits");
    }
    this.#tensor = tensor(values, { shape: this.#shape, dtype });
    return this.#tensor;
  }

  /** The elements on the host. */
  async numbers(): Promise<number[]> {
    return Array.from(this.#host ?? (await this.tensor.data()), Number);
  }
}
