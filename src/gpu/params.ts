// The uniform params of a dispatch, as words.

import { DeviceError } from "../errors.ts";
import type { ShaderSource } from "./shaderSource.ts";

/** A value that is read when commands are sent, so that a replayed dispatch sees the present one. */
export interface LateParam {
  readonly late: () => number | readonly number[];
}

/** A value of `struct Params`: a number, an array for a vector or array member, or a late one. */
export type ParamValue = number | readonly number[] | LateParam;

/** Bytes of one dispatch's params; also WebGPU's dynamic offset alignment. */
export const SLOT_BYTES = 256;

/** The binding of `struct Params` in every shader, behind those of storage. */
export const PARAMS_BINDING = 16;

/** One stretch of memory as each type of word. */
export class Words {
  readonly bytes: ArrayBuffer;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  readonly f32: Float32Array<ArrayBuffer>;

  constructor(size: number) {
    this.bytes = new ArrayBuffer(size);
    this.u32 = new Uint32Array(this.bytes);
    this.i32 = new Int32Array(this.bytes);
    this.f32 = new Float32Array(this.bytes);
  }
}

/** Writes the params of one dispatch into slot `slot`. */
export function writeParams(
  words: Words,
  slot: number,
  { shader, name }: { readonly shader: ShaderSource; readonly name: string },
  values: readonly ParamValue[],
): void {
  const base = (slot * SLOT_BYTES) >> 2;
  const { params } = shader;
  if (params.length !== values.length) {
    const got = `${values.length} values for ${params.length} members`;
    throw new DeviceError(name, "every member of Params needs a value", { got });
  }
  for (let i = 0; i < params.length; i++) {
    const { type, offset } = params[i] as (typeof params)[number];
    const given = values[i] as ParamValue;
    const value = typeof given === "object" && "late" in given ? given.late() : given;
    const view = type === "f32" ? words.f32 : type === "i32" ? words.i32 : words.u32;
    const at = base + (offset >> 2);
    if (typeof value === "number") view[at] = value;
    else for (let j = 0; j < value.length; j++) view[at + j] = value[j] as number;
  }
}

export const isLate = (value: ParamValue): value is LateParam =>
  typeof value === "object" && "late" in value;
