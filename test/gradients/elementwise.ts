// Rows of functions that work element by element.

import * as renga from "../../src/index.ts";
import { type Tensor, mul, tensor, where } from "../../src/index.ts";
import { type Row, binary, unary } from "./case.ts";

/** Kinks lie between the elements of a grid that is stretched by `factor`. */
const stretched = (f: (x: Tensor) => Tensor, factor: number): Row => {
  return unary((x) => f(x.mul(factor)), "apart");
};

const mask = (): Tensor => tensor([true, false, true]);

export const ELEMENTWISE: Readonly<Record<string, Row | readonly Row[]>> = {
  abs: unary(renga.abs),
  acos: unary(renga.acos, [-0.8, 0.8]),
  acosh: unary(renga.acosh, [1.5, 3]),
  add: binary(renga.add),
  asin: unary(renga.asin, [-0.8, 0.8]),
  asinh: unary(renga.asinh),
  atan: unary(renga.atan),
  atan2: binary(renga.atan2, "signed", [0.5, 2]),
  atanh: unary(renga.atanh, [-0.8, 0.8]),
  cast: unary((x) => renga.cast(x, "f32")),
  ceil: unary(renga.ceil),
  celu: unary((x) => renga.celu(x, { alpha: 0.7 })),
  clip: unary((x) => renga.clip(x, { min: -0.2, max: 0.3 }), "apart"),
  cos: unary(renga.cos),
  cosh: unary(renga.cosh),
  customGradient: unary((x) =>
    renga.customGradient(
      [x],
      (a) => a.exp(),
      (dy, y) => [dy.mul(y)],
    ),
  ),
  div: binary(renga.div, "signed", [0.5, 2]),
  elu: unary((x) => renga.elu(x, { alpha: 0.7 })),
  erf: unary(renga.erf),
  exp: unary(renga.exp),
  expm1: unary(renga.expm1),
  floor: unary(renga.floor),
  gelu: [unary((x) => renga.gelu(x)), unary((x) => renga.gelu(x, { approximate: "tanh" }))],
  hardSigmoid: stretched(renga.hardSigmoid, 9),
  hardSilu: stretched(renga.hardSilu, 9),
  hardTanh: stretched(renga.hardTanh, 3),
  leakyRelu: unary((x) => renga.leakyRelu(x, { alpha: 0.2 })),
  log: unary(renga.log, [0.5, 2]),
  log1p: unary(renga.log1p, [-0.4, 1]),
  log2: unary(renga.log2, [0.5, 2]),
  logAddExp: binary(renga.logAddExp),
  logSigmoid: unary(renga.logSigmoid),
  maximum: binary(renga.maximum, "apart"),
  minimum: binary(renga.minimum, "apart"),
  mish: unary(renga.mish),
  mod: binary(renga.mod, "signed", [2, 3]),
  mul: binary(renga.mul),
  nanToNum: unary((x) => renga.nanToNum(x)),
  neg: unary(renga.neg),
  pow: [
    binary(renga.pow, [0.5, 2], "signed"),
    ...[-2, -1, -0.5, 0, 0.5, 1, 2, 3, 2.5].map((b) => unary((x) => renga.pow(x, b), [0.5, 2])),
    unary((x) => renga.pow(2, x)),
  ],
  prelu: binary(renga.prelu),
  reciprocal: unary(renga.reciprocal, [0.5, 2]),
  relu: unary(renga.relu),
  relu6: stretched(renga.relu6, 20),
  remainder: binary(renga.remainder, "signed", [2, 3]),
  round: unary(renga.round, [-0.4, 0.4]),
  rsqrt: unary(renga.rsqrt, [0.5, 2]),
  selu: unary(renga.selu),
  sigmoid: unary(renga.sigmoid),
  sign: unary(renga.sign),
  silu: unary(renga.silu),
  sin: unary(renga.sin),
  sinh: unary(renga.sinh),
  softplus: unary(renga.softplus),
  softsign: unary(renga.softsign),
  sqrt: unary(renga.sqrt, [0.5, 2]),
  square: unary(renga.square),
  sub: [binary(renga.sub), unary((x) => renga.sub(1, x)), unary((x) => mul(x, 0))],
  tan: unary(renga.tan),
  tanh: unary(renga.tanh),
  where: [
    {
      f: (a, b) => where(mask(), a as Tensor, b as Tensor),
      shapes: ["5×3 5×3", "1 2×1", "scalar 3", "0×3 1"],
    },
    { f: (a) => where(mask(), 2, a as Tensor), shapes: ["5×3", "scalar", "0×1"] },
  ],
  xlogy: binary(renga.xlogy, "signed", [0.5, 2]),
};
