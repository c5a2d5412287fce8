// Powers, real for negative bases with whole exponents.

import type { Tensor } from "../tensor/tensor.ts";
import { type BinaryOp, type Operand, binaryOp, equal, mul, sub } from "./binary.ts";
import { full } from "./creation.ts";
import { log, reciprocal, rsqrt, sqrt, square } from "./unary.ts";
import { where } from "./where.ts";

/**
 * WGSL's pow is exp2(b·log2(a)): negative bases take their sign from the exponent's parity, and have no
 * power with other exponents. Whole ones below 64 multiply instead, which is exact where the result is a
 * whole number.
 */
const HELPERS = `fn powWhole(a: A, b: A) -> A {
  var y = A(1.0);
  var square = a;
  var rest = abs(b);
  for (var i = 0; i < 6; i++) {
    let halved = floor(0.5 * rest);
    y *= select(A(1.0), square, rest != 2.0 * halved);
    square *= square;
    rest = halved;
  }
  return select(y, 1.0 / y, b < A(0.0));
}
fn powReal(a: A, b: A) -> A {
  let whole = floor(b) == b;
  let odd = abs(b - 2.0 * floor(0.5 * b)) == A(1.0);
  let size = pow(abs(a), b);
  let signed = select(size, -size, (a < A(0.0)) & whole & odd);
  let atZero = select(A(0.0), A(1.0), b == A(0.0));
  let real = select(signed, atZero, (a == A(0.0)) & (b >= A(0.0)));
  let isNone = (a < A(0.0)) & !whole & (a >= A(-3.4028234e38));
  let none = bitcast<A>((bitcast<Word>(a) & Word(0u)) | Word(0x7fc00000u));  // NaN, not a constant
  let y = select(real, none, isNone);
  return select(y, powWhole(a, b), whole & (abs(b) < A(64.0)));
}`;

const power: BinaryOp = /* @__PURE__ */ binaryOp(
  { name: "pow", expression: "powReal(a, b)", helpers: HELPERS },
  (dy, a, b) => mul(dy, mul(b, pow(a, typeof b === "number" ? b - 1 : sub(b, 1)))),
  (dy, a, _, y) => mul(dy, mul(y, logOfBase(a))),
);

/** log(a), and 0 where a = 0: there y·log(a) has the limit 0. */
function logOfBase(a: Operand): Operand {
  if (typeof a === "number") return a === 0 ? 0 : Math.log(a);
  const isZero = equal(a, 0);
  return where(isZero, 0, log(where(isZero, 1, a)));
}

/** The exponents that have exact ops of their own. */
const SPECIAL: Readonly<Record<number, (x: Tensor) => Tensor>> = {
  [-1]: (x) => reciprocal(x),
  [-0.5]: (x) => rsqrt(x),
  0.5: (x) => sqrt(x),
  1: (x) => mul(x, 1),
  2: (x) => square(x),
  3: (x) => mul(square(x), x),
};

/** a to the power b, with broadcasting. */
export function pow(a: Operand, b: Operand): Tensor {
  if (typeof b !== "number" || typeof a === "number") return power(a, b);
  if (b === 0) return full(a.shape, 1, a.dtype);
  return SPECIAL[b]?.(a) ?? power(a, b);
}
