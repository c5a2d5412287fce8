// Activation functions: rows of the elementwise tables, with one-dispatch gradients where a formula
// in dy and y (or x) gives them.

import type { Tensor } from "../tensor/tensor.ts";
import { type BinaryOp, add, binaryOp, div, greater, mul, sub } from "./binary.ts";
import {
  type ParametricOp,
  type UnaryOp,
  abs,
  exp,
  gradientRow,
  parametric,
  row,
  square,
} from "./unary.ts";
import { where } from "./where.ts";
import * as wgsl from "./wgslFunctions.ts";

/** max(x, 0); NaN stays NaN. */
export const relu: UnaryOp = /* @__PURE__ */ row(
  "relu",
  "select(a, A(0.0), a < A(0.0))",
  (dy, _, y) => reluGrad(dy, y),
);

/** dy where y > 0, else 0. */
export const reluGrad: BinaryOp = /* @__PURE__ */ binaryOp(
  { name: "reluGrad", expression: "select(A(0.0), a, b > A(0.0))" },
  (g, _, y) => reluGrad(g, y),
  (g) => mul(g, 0),
);

/** Hyperbolic tangent. */
export const tanh: UnaryOp = /* @__PURE__ */ row(
  "tanh",
  "keepNan(tanhStable(a), a)",
  (dy, _, y) => tanhGrad(dy, y),
  { helpers: /* @__PURE__ */ wgsl.lines(wgsl.TANH, wgsl.KEEP_NAN) },
);

/** dy · (1 − y²). */
export const tanhGrad: BinaryOp = /* @__PURE__ */ binaryOp(
  { name: "tanhGrad", expression: "a * (A(1.0) - b * b)" },
  (g, _, y) => tanhGrad(g, y),
  (g, dy, y) => mul(mul(mul(g, -2), dy), y),
);

/** 1 / (1 + e⁻ˣ). */
export const sigmoid: UnaryOp = /* @__PURE__ */ row(
  "sigmoid",
  "sigmoidStable(a)",
  (dy, _, y) => sigmoidGrad(dy, y),
  { helpers: wgsl.SIGMOID },
);

/** dy · y · (1 − y). */
export const sigmoidGrad: BinaryOp = /* @__PURE__ */ binaryOp(
  { name: "sigmoidGrad", expression: "a * b * (A(1.0) - b)" },
  (g, _, y) => sigmoidGrad(g, y),
  (g, dy, y) => mul(mul(g, dy), sub(1, mul(y, 2))),
);

/** log(1 + eˣ), without overflow. */
export const softplus: UnaryOp = /* @__PURE__ */ row(
  "softplus",
  "softplusStable(a)",
  /* @__PURE__ */ gradientRow(
    { name: "softplusGradient", expression: "a * sigmoidStable(b)", helpers: wgsl.SIGMOID },
    (dy, x) => mul(dy, sigmoid(x)),
  ),
  { helpers: wgsl.SOFTPLUS },
);

/** x · sigmoid(x), also called swish. */
export const silu: UnaryOp = /* @__PURE__ */ row(
  "silu",
  "a * sigmoidStable(a)",
  (dy, x) => siluGrad(dy, x),
  { helpers: wgsl.SIGMOID },
);

/** dy · s · (1 + x · (1 − s)) with s = sigmoid(x). */
const siluGrad: BinaryOp = /* @__PURE__ */ binaryOp(
  {
    name: "siluGrad",
    expression: "a * siluSlope(b)",
    helpers: /* @__PURE__ */ wgsl.lines(
      wgsl.SIGMOID,
      "fn siluSlope(x: A) -> A { let s = sigmoidStable(x); return s * (A(1.0) + x * (A(1.0) - s)); }",
    ),
  },
  (g, _, x) => siluGrad(g, x),
  (g, dy, x) => {
    // d/dx [s + x·s'] = s' · (2 + x · (1 − 2s)) with s' = s(1 − s)
    const s = sigmoid(x as Tensor);
    const slope = mul(s, sub(1, s));
    return mul(mul(g, dy), mul(slope, add(mul(x, sub(1, mul(s, 2))), 2)));
  },
);

const leaky: ParametricOp = /* @__PURE__ */ parametric(
  "leakyRelu",
  "select(a * params.p, a, a > A(0.0))",
  /* @__PURE__ */ gradientRow(
    { name: "leakyReluGradient", expression: "select(a * params.p, a, b > A(0.0))" },
    (dy, x, _, alpha) => where(greater(x, 0), dy, mul(dy, alpha)),
  ),
);

/** x where positive, else `alpha`·x. */
export function leakyRelu(x: Tensor, options: { readonly alpha?: number } = {}): Tensor {
  return leaky(x, options.alpha ?? 0.2);
}

const exponential: ParametricOp = /* @__PURE__ */ parametric(
  "elu",
  "params.q * select(params.p * expm1(min(a, A(0.0))), a, a > A(0.0))",
  /* @__PURE__ */ gradientRow(
    {
      name: "eluGradient",
      expression: "a * params.q * select(params.p * exp(min(b, A(0.0))), A(1.0), b > A(0.0))",
    },
    (dy, x, y, alpha, scale) => mul(dy, where(greater(x, 0), scale, add(y, alpha * scale))),
  ),
  { helpers: wgsl.EXPM1 },
);

/** x where positive, else `alpha`·(eˣ − 1). */
export function elu(x: Tensor, options: { readonly alpha?: number } = {}): Tensor {
  return exponential(x, options.alpha ?? 1, 1);
}

const geluErf: UnaryOp = /* @__PURE__ */ row(
  "gelu",
  "a * normalCdf(a)",
  (dy, x) => geluGrad(dy, x),
  { helpers: wgsl.NORMAL_CDF },
);

/** dy · (Φ(x) + x·φ(x)), with Φ and φ the standard normal distribution and density. */
const geluGrad: BinaryOp = /* @__PURE__ */ binaryOp(
  {
    name: "geluGrad",
    expression: `a * (normalCdf(b) + b * ${1 / Math.sqrt(2 * Math.PI)} * exp(-0.5 * b * b))`,
    helpers: wgsl.NORMAL_CDF,
  },
  (g, _, x) => geluGrad(g, x),
  (g, dy, x) => {
    // d/dx [Φ + x·φ] = φ · (2 − x²)
    const squared = square(x as Tensor);
    const density = mul(exp(mul(squared, -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(mul(g, dy), mul(density, sub(2, squared)));
  },
);

/** ½·(1 + tanh(√(2/π)·(x + 0.044715·x³))) is sigmoid(x·(LINEAR + CUBIC·x²)). */
const LINEAR = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715 * LINEAR;

/** Beyond ±20 the gate is 0 or 1, and x³ could overflow. */
const TANH_GATE = `${wgsl.SIGMOID}
fn gateOf(z: A) -> A { return sigmoidStable(z * (${LINEAR} + ${CUBIC} * z * z)); }
fn limited(x: A) -> A { return clamp(x, A(-20.0), A(20.0)); }`;

const geluTanh: UnaryOp = /* @__PURE__ */ row(
  "geluTanh",
  "a * gateOf(limited(a))",
  /* @__PURE__ */ gradientRow(
    {
      name: "geluTanhGradient",
      expression: "a * keepNan(gateSlope(limited(b)), b)",
      helpers: `${TANH_GATE}\n${wgsl.KEEP_NAN}
fn gateSlope(z: A) -> A {
  let s = gateOf(z);
  return s + z * s * (A(1.0) - s) * (${LINEAR} + ${3 * CUBIC} * z * z);
}`,
    },
    (dy, x) => {
      const squared = square(x);
      const s = sigmoid(mul(x, add(mul(squared, CUBIC), LINEAR)));
      const rise = add(mul(squared, 3 * CUBIC), LINEAR);
      return mul(dy, add(s, mul(mul(x, rise), mul(s, sub(1, s)))));
    },
  ),
  { helpers: TANH_GATE },
);

/**
 * x · Φ(x), with Φ the standard normal distribution.
 *
 * @param options  `approximate: "tanh"` takes ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) instead.
 * @see Hendrycks & Gimpel 2016, Gaussian Error Linear Units.
 */
export function gelu(x: Tensor, options: { readonly approximate?: "none" | "tanh" } = {}): Tensor {
  return options.approximate === "tanh" ? geluTanh(x) : geluErf(x);
}

/** log sigmoid(x) = −softplus(−x), without overflow. */
export const logSigmoid: UnaryOp = /* @__PURE__ */ row(
  "logSigmoid",
  "min(a, A(0.0)) - log1p(exp(-abs(a)))",
  /* @__PURE__ */ gradientRow(
    { name: "logSigmoidGradient", expression: "a * sigmoidStable(-b)", helpers: wgsl.SIGMOID },
    (dy, x) => mul(dy, sigmoid(mul(x, -1))),
  ),
  { helpers: wgsl.LOG1P },
);

const MISH_PARTS = `${wgsl.TANH}\n${wgsl.SOFTPLUS}`;

/**
 * x · tanh(softplus(x)).
 *
 * @see Misra 2019, Mish: A Self Regularized Non-Monotonic Activation Function.
 */
export const mish: UnaryOp = /* @__PURE__ */ row(
  "mish",
  "a * tanhStable(softplusStable(a))",
  /* @__PURE__ */ gradientRow(
    {
      name: "mishGradient",
      expression: "a * mishSlope(b)",
      helpers: `${MISH_PARTS}\n${wgsl.SIGMOID}
fn mishSlope(x: A) -> A {
  let t = tanhStable(softplusStable(x));
  return t + x * (A(1.0) - t * t) * sigmoidStable(x);
}`,
    },
    (dy, x) => {
      const t = tanh(softplus(x));
      return mul(dy, add(t, mul(mul(x, sub(1, square(t))), sigmoid(x))));
    },
  ),
  { helpers: MISH_PARTS },
);

/** Constants that keep activations at mean 0 and variance 1 (Klambauer et al. 2017). */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** Scaled elu: 1.0507·elu(x, 1.6733). */
export function selu(x: Tensor): Tensor {
  return exponential(x, SELU_ALPHA, SELU_SCALE);
}

/** x where positive, else alpha·(e^(x / alpha) − 1). */
export function celu(x: Tensor, options: { readonly alpha?: number } = {}): Tensor {
  const { alpha = 1 } = options;
  return elu(mul(x, 1 / alpha), { alpha: 1 }).mul(alpha);
}

/** x / (1 + |x|). */
export const softsign: UnaryOp = /* @__PURE__ */ row(
  "softsign",
  "a / (A(1.0) + abs(a))",
  /* @__PURE__ */ gradientRow(
    {
      name: "softsignGradient",
      expression: "a / ((A(1.0) + abs(b)) * (A(1.0) + abs(b)))",
    },
    (dy, x) => div(dy, square(add(abs(x), 1))),
  ),
);

/** x where positive, else slope·x, with a slope that is learned: it broadcasts against x. */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  return where(greater(x, 0), x, mul(x, slope));
}
