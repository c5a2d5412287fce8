// Bits of integers, with NumPy broadcasting. None has a gradient.

import type { DType } from "../tensor/dtype.ts";
import { type BinaryOp, binaryOp } from "./binary.ts";
import { type UnaryOp, row } from "./unary.ts";

const INTEGERS: readonly DType[] = ["i32", "u32"];

function bits(name: string, expression: string): BinaryOp {
  return binaryOp({ name, expression, dtypes: INTEGERS });
}

/** Bits set in both integers. */
export const bitwiseAnd: BinaryOp = /* @__PURE__ */ bits("bitwiseAnd", "a & b");

/** Bits set in either integer. */
export const bitwiseOr: BinaryOp = /* @__PURE__ */ bits("bitwiseOr", "a | b");

/** Bits set in one integer only. */
export const bitwiseXor: BinaryOp = /* @__PURE__ */ bits("bitwiseXor", "a ^ b");

/** All bits of an integer inverted. */
export const bitwiseNot: UnaryOp = /* @__PURE__ */ row("bitwiseNot", "~a", undefined, {
  dtypes: INTEGERS,
});

/** a · 2ᵇ without the bits that leave at the top; `b` in [0, 31]. */
export const shiftLeft: BinaryOp = /* @__PURE__ */ bits("shiftLeft", "a << Word(b)");

/** ⌊a / 2ᵇ⌋; `b` in [0, 31]. */
export const shiftRight: BinaryOp = /* @__PURE__ */ bits("shiftRight", "a >> Word(b)");
