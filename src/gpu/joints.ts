// What a kernel tells about itself, so that a compiled function can write kernels into one another.

import type { Block } from "./buffers.ts";
import type { ParamValue } from "./params.ts";

/** A type that a storage binding holds. */
export type Scalar = "f32" | "i32" | "u32";

/**
 * Which element of a buffer belongs to element i of an elementwise result, in elements:
 * `flat` offset + i; `one` offset; `row` offset + i mod period; `strided` the i-th of a view;
 * `number` none, but a word of the params.
 */
export type Access =
  | { readonly kind: "flat" | "one"; readonly offset: number }
  | { readonly kind: "row"; readonly offset: number; readonly period: number }
  | {
      readonly kind: "strided";
      readonly offset: number;
      readonly shape: readonly number[];
      readonly strides: readonly number[];
    }
  | { readonly kind: "number"; readonly word: ParamValue };

/** Where a dispatch of an elementwise kernel reads and writes. */
export interface Places {
  /** Elements of the result; those of a flat kernel are counted in whole vectors. */
  readonly size: number;
  readonly isInVectors: boolean;
  /** By operand; `binding` counts among the dispatch's blocks. */
  readonly operands: readonly { readonly binding: number; readonly access: Access }[];
  readonly result: { readonly binding: number; readonly access: Access };
  /** The numbers `params.p` and `params.q` of the expression. */
  readonly numbers?: readonly ParamValue[];
}

/** An elementwise kernel: result[i] = expression of the operands' elements. */
export interface Elementwise {
  readonly name: string;
  /** WGSL over the operands' names, `params.p` and `params.q`; `A` and `Lane` are their type. */
  readonly expression: string;
  /** WGSL functions that the expression calls. */
  readonly helpers?: string;
  readonly operands: readonly { readonly name: string; readonly scalar: Scalar }[];
  readonly result: Scalar;
  readonly places: (params: readonly ParamValue[]) => Places;
}

/**
 * A function in a kernel's prelude that another may replace:
 *
 *     fn epilogue(at: u32, v: Lanes) -> Lanes { return v; }
 *
 * The kernel calls it once for every value just before it stores it at element `at` (of the first
 * lane) of its result, contiguous f32.
 */
export interface Epilogue {
  readonly lanes: 1 | 4;
  /** The binding that holds the result. */
  readonly output: number;
}

/**
 * A function in a kernel's file that another may replace:
 *
 *     fn prologue(i: u32) -> In { return x[i]; }
 *
 * The kernel calls it once for every element (or vector of four) `i` of its operand x, its first
 * binding. Its params begin with three lengths, the product of which counts those, and the place in
 * x where they start. The number of lanes tells them apart.
 */
export type Prologue = 1 | 4;

/** A kernel that fills its result with one value: the word in the params that holds its bits. */
export interface Constant {
  readonly wordOf: (params: readonly ParamValue[]) => ParamValue | undefined;
}

/** One of the copies of a packing dispatch, of f32. */
export interface Piece {
  readonly source: Block;
  readonly target: Block;
  /** Bytes from the start of the target. */
  readonly offset: number;
  /** Elements. Those that fill up the last vector in the target become 0. */
  readonly size: number;
}

/** What a dispatch of a known kernel takes. */
export interface Launch {
  readonly blocks: readonly Block[];
  readonly params: readonly ParamValue[];
  readonly grid: readonly [number, number, number];
}

/** A kernel that copies several buffers at once, whose copies may be made elsewhere. */
export interface Packing {
  readonly piecesOf: (launch: Launch) => readonly Piece[];
  /** As few dispatches as copy the pieces, all into one target. */
  readonly launches: (pieces: readonly Piece[]) => readonly Launch[];
}

/** The line of the prelude that an epilogue's replacement takes the place of. */
export const EPILOGUE = "fn epilogue(at: u32, v: Lanes) -> Lanes { return v; }";
