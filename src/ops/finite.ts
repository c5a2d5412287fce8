// Tests for what is no ordinary number. They look at the bits: shader compilers may assume that NaN
// and infinity never occur.

import type { Tensor } from "../tensor/tensor.ts";
import { equal } from "./binary.ts";
import { MAX_FLOAT, type UnaryOp, row } from "./unary.ts";
import { where } from "./where.ts";

const MAGNITUDE = "fn magnitude(x: A) -> Word { return bitcast<Word>(x) & Word(0x7fffffffu); }";

/** Whether x is NaN, as bool. */
export const isNaN: UnaryOp = /* @__PURE__ */ row(
  "isNaN",
  "Out(magnitude(a) > Word(0x7f800000u))",
  undefined,
  { helpers: MAGNITUDE, result: "bool" },
);

/** Whether x is neither NaN nor infinite, as bool. */
export const isFinite: UnaryOp = /* @__PURE__ */ row(
  "isFinite",
  "Out(magnitude(a) < Word(0x7f800000u))",
  undefined,
  { helpers: MAGNITUDE, result: "bool" },
);

/** Whether x is ∞ or −∞, as bool. */
export const isInfinite: UnaryOp = /* @__PURE__ */ row(
  "isInfinite",
  "Out(magnitude(a) == Word(0x7f800000u))",
  undefined,
  { helpers: MAGNITUDE, result: "bool" },
);

/** Options of `nanToNum`. */
export interface NanToNumOptions {
  /** What replaces NaN. Default 0. */
  readonly nan?: number;
  /** What replaces ∞. Default: the largest number of the dtype. */
  readonly infinity?: number;
  /** What replaces −∞. Default: the smallest number of the dtype. */
  readonly negativeInfinity?: number;
}

/** `x` with ordinary numbers for NaN and infinities; no gradient flows to what was replaced. */
export function nanToNum(x: Tensor, options: NanToNumOptions = {}): Tensor {
  const largest = x.dtype === "f16" ? MAX_HALF : MAX_FLOAT;
  const { nan = 0, infinity = largest, negativeInfinity = -largest } = options;
  const bounded = where(
    equal(x, Infinity),
    infinity,
    where(equal(x, -Infinity), negativeInfinity, x),
  );
  return where(isNaN(x), nan, bounded);
}
const MAX_HALF = 65504;
