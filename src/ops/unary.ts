// Elementwise functions of one tensor: a table of rows, each with its derivative.

import type { Kernel } from "../gpu/kernel.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, div, greaterEqual, binaryRow, lessEqual, logicalAnd, mul } from "./binary.ts";
import { zeros } from "./creation.ts";
import { type BinaryRow, Unary, type UnaryRow, copy, kernelsOfUnary } from "./elementwise.ts";
import { isWatched, record } from "./tape.ts";
import { where } from "./where.ts";
import * as wgsl from "./wgslFunctions.ts";

/** A function of one tensor. */
export type UnaryOp = (x: Tensor) => Tensor;

/** Gradient for x, given that for y = f(x). */
type UnaryVjp = (dy: Tensor, x: Tensor, y: Tensor, p: number, q: number) => Tensor;

const rows: Unary[] = [];

/** Every kernel of this file. */
export function unaryKernels(): Kernel[] {
  return [...rows, copy].flatMap(kernelsOfUnary);
}

/**
 * A vjp as a row of its own: an expression of `a` = dy and `b` = x that takes one dispatch.
 *
 * @param byOps  the same in ops, for when the gradient is itself differentiated.
 */
export function gradientRow(options: BinaryRow, byOps: UnaryVjp): UnaryVjp {
  const gradient = binaryRow(options);
  return (dy, x, y, p, q) => {
    return isWatched(dy, x) ? byOps(dy, x, y, p, q) : gradient.run(dy, x, [p, q]);
  };
}

type RowOptions = Omit<UnaryRow, "name" | "expression">;

/** A function of one tensor and two numbers. */
export type ParametricOp = (x: Tensor, p?: number, q?: number) => Tensor;

/** An op with the numbers `p` and `q` of its expression as arguments. */
export function parametric(
  name: string,
  expression: string,
  vjp?: UnaryVjp,
  options: RowOptions = {},
): ParametricOp {
  const unary = new Unary({ name, expression, ...options });
  rows.push(unary);
  return (x: Tensor, p = 0, q = 0): Tensor => {
    const y = unary.run(x, p, q);
    record(name, [x], y, [vjp && ((dy) => vjp(dy, x, y, p, q))], [p, q]);
    return y;
  };
}

/** An op from its row. */
export function row(
  name: string,
  expression: string,
  vjp?: UnaryVjp,
  options?: RowOptions,
): UnaryOp {
  const op = parametric(name, expression, vjp, options);
  return (x) => op(x);
}

/** Derivative of a step function: zero wherever it exists. */
const flat: UnaryVjp = (dy) => zeros(dy.shape, dy.dtype);

const SIGNED: readonly DType[] = ["f32", "f16", "i32"];

/** Whether x is false; bool. */
export const logicalNot: UnaryOp = /* @__PURE__ */ row("logicalNot", "A(1u) - a", undefined, {
  dtypes: ["bool"],
});

/** −x. */
export const neg: UnaryOp = /* @__PURE__ */ row("neg", "-a", (dy) => neg(dy), { dtypes: SIGNED });
/** |x|; its gradient at 0 is 0. */
export const abs: UnaryOp = /* @__PURE__ */ row("abs", "abs(a)", (dy, x) => mul(dy, sign(x)), {
  dtypes: SIGNED,
});
/** −1, 0 or 1; no gradient. */
export const sign: UnaryOp = /* @__PURE__ */ row("sign", "sign(a)", flat, { dtypes: SIGNED });
/** eˣ. */
export const exp: UnaryOp = /* @__PURE__ */ row(
  "exp",
  "keepNan(exp(a), a)",
  (dy, _, y) => mul(dy, y),
  {
    helpers: wgsl.KEEP_NAN,
  },
);
/** The natural logarithm; −Infinity at 0, NaN below. */
export const log: UnaryOp = /* @__PURE__ */ row("log", "logOf(a)", (dy, x) => div(dy, x), {
  helpers: wgsl.LOG,
});
/** Logarithm to base 2. */
export const log2: UnaryOp = /* @__PURE__ */ row(
  "log2",
  "logOf(a) * 1.4426950408889634",
  (dy, x) => div(mul(dy, Math.LOG2E), x),
  { helpers: wgsl.LOG },
);
/** log(1 + x), accurate near 0. */
export const log1p: UnaryOp = /* @__PURE__ */ row(
  "log1p",
  "log1p(a)",
  (dy, x) => div(dy, add(x, 1)),
  { helpers: wgsl.LOG1P },
);
/** exp(x) − 1, accurate near 0. */
export const expm1: UnaryOp = /* @__PURE__ */ row(
  "expm1",
  "expm1(a)",
  (dy, _, y) => mul(dy, add(y, 1)),
  { helpers: wgsl.EXPM1 },
);
/** √x; NaN below 0. */
export const sqrt: UnaryOp = /* @__PURE__ */ row("sqrt", "sqrt(a)", (dy, _, y) =>
  div(mul(dy, 0.5), y),
);
/** 1 / √x. */
export const rsqrt: UnaryOp = /* @__PURE__ */ row("rsqrt", "inverseSqrt(a)", (dy, x, y) =>
  mul(div(mul(dy, y), x), -0.5),
);
/** x². */
export const square: UnaryOp = /* @__PURE__ */ row("square", "a * a", (dy, x) =>
  mul(mul(dy, 2), x),
);
/** 1 / x. */
export const reciprocal: UnaryOp = /* @__PURE__ */ row("reciprocal", "1.0 / a", (dy, _, y) =>
  mul(mul(dy, -1), square(y)),
);
/** sin x, x in radians. */
export const sin: UnaryOp = /* @__PURE__ */ row("sin", "sine(a)", (dy, x) => mul(dy, cos(x)), {
  helpers: wgsl.SINCOS,
});
/** cos x, x in radians. */
export const cos: UnaryOp = /* @__PURE__ */ row(
  "cos",
  "cosine(a)",
  (dy, x) => neg(mul(dy, sin(x))),
  { helpers: wgsl.SINCOS },
);
/** tan x, x in radians. */
export const tan: UnaryOp = /* @__PURE__ */ row(
  "tan",
  "sine(a) / cosine(a)",
  (dy, _, y) => mul(dy, add(square(y), 1)),
  { helpers: wgsl.SINCOS },
);
/** The greatest whole number not above x; no gradient. */
export const floor: UnaryOp = /* @__PURE__ */ row("floor", "floor(a)", flat);
/** The least whole number not below x; no gradient. */
export const ceil: UnaryOp = /* @__PURE__ */ row("ceil", "ceil(a)", flat);
/** To the nearest integer, halves to the even one. */
export const round: UnaryOp = /* @__PURE__ */ row("round", "round(a)", flat);

/** The Gauss error function. */
export const erf: UnaryOp = /* @__PURE__ */ row(
  "erf",
  "erf(a)",
  (dy, x) => mul(mul(dy, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
  { helpers: wgsl.ERF },
);

/**
 * x limited to [min, max]. The gradient passes where x lies within, bounds included.
 *
 * @param options  a bound that is left out does not limit.
 */
export function clip(x: Tensor, options: { readonly min?: number; readonly max?: number }): Tensor {
  const { min = -MAX_FLOAT, max = MAX_FLOAT } = options;
  return limit(x, min, max);
}

/** The largest finite f32. */
export const MAX_FLOAT = 3.4028234663852886e38;

const limit: ParametricOp = /* @__PURE__ */ parametric(
  "clip",
  "clamp(a, A(params.p), A(params.q))",
  /* @__PURE__ */ gradientRow(
    {
      name: "clipGradient",
      expression: "select(A(0.0), a, (b >= A(params.p)) & (b <= A(params.q)))",
    },
    (dy, x, _, min, max) => where(logicalAnd(greaterEqual(x, min), lessEqual(x, max)), dy, 0),
  ),
);
