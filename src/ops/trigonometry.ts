// Inverse and hyperbolic functions: rows of the elementwise tables.

import { type BinaryOp, add, binaryOp, div, mul, sub } from "./binary.ts";
import { type UnaryOp, neg, row, rsqrt, sqrt, square } from "./unary.ts";
import * as wgsl from "./wgslFunctions.ts";

/** Angle in [−π/2, π/2] whose sine is x. */
export const asin: UnaryOp = /* @__PURE__ */ row(
  "asin",
  "asinStable(a)",
  (dy, x) => mul(dy, rsqrt(sub(1, square(x)))),
  { helpers: wgsl.ASIN },
);

/** Angle in [0, π] whose cosine is x. */
export const acos: UnaryOp = /* @__PURE__ */ row(
  "acos",
  "acosStable(a)",
  (dy, x) => neg(mul(dy, rsqrt(sub(1, square(x))))),
  { helpers: wgsl.ASIN },
);

/** Angle in (−π/2, π/2) whose tangent is x. */
export const atan: UnaryOp = /* @__PURE__ */ row(
  "atan",
  "atanStable(a)",
  (dy, x) => div(dy, add(square(x), 1)),
  { helpers: wgsl.ATAN },
);

/** Angle in [−π, π] of the point (x = b, y = a). */
export const atan2: BinaryOp = /* @__PURE__ */ binaryOp(
  {
    name: "atan2",
    expression: "atan2Stable(a, b)",
    helpers: /* @__PURE__ */ wgsl.lines(
      wgsl.ATAN,
      `fn atan2Stable(y: A, x: A) -> A {
  let isSteep = abs(y) > abs(x);
  let slope = select(y, -x, isSteep) / select(select(x, A(1.0), (x == A(0.0)) & !isSteep), y, isSteep);
  let quarter = select(A(-1.5707963267948966), A(1.5707963267948966), y >= A(0.0));
  let half = select(A(-3.141592653589793), A(3.141592653589793), y >= A(0.0));
  let flat = atanStable(slope) + select(A(0.0), half, x < A(0.0));
  return select(flat, quarter + atanStable(slope), isSteep);
}`,
    ),
  },
  (dy, y, x) => div(mul(dy, x), add(squared(y), squared(x))),
  (dy, y, x) => mul(div(mul(dy, y), add(squared(y), squared(x))), -1),
);

/** x², also of a number. */
const squared = (x: Parameters<BinaryOp>[0]): Parameters<BinaryOp>[0] =>
  typeof x === "number" ? x * x : square(x);

/** Hyperbolic sine. */
export const sinh: UnaryOp = /* @__PURE__ */ row(
  "sinh",
  "sinhStable(a)",
  (dy, x) => mul(dy, cosh(x)),
  { helpers: wgsl.SINHCOSH },
);

/** Hyperbolic cosine. */
export const cosh: UnaryOp = /* @__PURE__ */ row(
  "cosh",
  "coshStable(a)",
  (dy, x) => mul(dy, sinh(x)),
  { helpers: wgsl.SINHCOSH },
);

/** Inverse of sinh. */
export const asinh: UnaryOp = /* @__PURE__ */ row(
  "asinh",
  "asinhStable(a)",
  (dy, x) => mul(dy, rsqrt(add(square(x), 1))),
  { helpers: wgsl.ARCHYPERBOLIC },
);

/** Inverse of cosh, for x ≥ 1. */
export const acosh: UnaryOp = /* @__PURE__ */ row(
  "acosh",
  "acoshStable(a)",
  (dy, x) => div(dy, mul(sqrt(sub(x, 1)), sqrt(add(x, 1)))),
  { helpers: wgsl.ARCHYPERBOLIC },
);

/** Inverse of tanh, for |x| < 1. */
export const atanh: UnaryOp = /* @__PURE__ */ row(
  "atanh",
  "atanhStable(a)",
  (dy, x) => div(dy, sub(1, square(x))),
  { helpers: wgsl.ARCHYPERBOLIC },
);
