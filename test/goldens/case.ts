// The format of a reference case, and its tensors.

import { type Tensor, tensor } from "../../src/index.ts";

export interface CaseTensor {
  readonly name: string;
  readonly dtype: "f32" | "i32" | "u8" | "bool";
  readonly shape: readonly number[];
  readonly b64: string;
  /** Of an input: whether it is differentiated for, or trained. */
  readonly grad?: boolean;
}

interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

export interface Case {
  readonly id: string;
  readonly kind: "grad" | "forward" | "optimizer" | "training";
  readonly group: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
  readonly cotangents?: readonly CaseTensor[];
  readonly grads?: readonly CaseTensor[];
  readonly tol: {
    readonly outputs: Readonly<Record<string, Tolerance>>;
    readonly grads?: Readonly<Record<string, Tolerance>>;
  };
}

/** Tensors by name. */
export type Named = Readonly<Record<string, Tensor>>;

const ARRAYS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array };

export function values(given: CaseTensor): Float32Array | Int32Array | Uint8Array {
  const bytes = Uint8Array.from(atob(given.b64), (character) => character.charCodeAt(0));
  return new ARRAYS[given.dtype](bytes.buffer);
}

/** On the GPU; u8 becomes f32. */
export function toTensor(given: CaseTensor): Tensor {
  const dtype = given.dtype === "u8" ? "f32" : given.dtype;
  return tensor(values(given), { shape: given.shape, dtype });
}

/** What differs, or undefined. */
export async function difference(
  got: Tensor | null | undefined,
  want: CaseTensor,
  tolerance: Tolerance | undefined,
): Promise<string | undefined> {
  const wanted = values(want);
  if (got === undefined) return `${want.name} is missing`;
  // No path to a source: a gradient of zero.
  const data = got === null ? new Float32Array(wanted.length) : await got.data();
  if (got !== null && got.shape.join() !== want.shape.join()) {
    return `${want.name} has the shape [${got.shape}], wanted [${want.shape}]`;
  }
  const { rtol = 0, atol = 0 } = tolerance ?? {};
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [Number(data[i]), Number(wanted[i])];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (Math.abs(a - b) <= atol + rtol * Math.abs(b)) continue;
    return `${want.name}[${i}] is ${a}, wanted ${b} within ${atol} + ${rtol}·|${b}|`;
  }
  return undefined;
}
