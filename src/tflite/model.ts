// A TFLite model as plain objects: tensors, and operators that name them by number.

import type { Operator, TfliteDType } from "./schema.ts";

/** What whole numbers of a tensor are worth: one scale for each index of an axis. */
export interface TfliteScales {
  readonly scales: Float32Array;
  readonly axis: number;
}

/** A tensor; constants have bytes, row-major and little endian. */
export interface TfliteTensor {
  readonly name: string;
  readonly dtype: TfliteDType;
  readonly shape: readonly number[];
  readonly bytes?: Uint8Array;
  readonly quantization?: TfliteScales;
}

/** A value of an option. */
export type TfliteOption = number | boolean | readonly number[];

/** An operator; an input that is left out is −1. */
export interface TfliteOperator {
  readonly op: Operator;
  readonly version: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Readonly<Record<string, TfliteOption>>;
}

/** A model of one graph. */
export interface TfliteModel {
  readonly name: string;
  readonly description: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
