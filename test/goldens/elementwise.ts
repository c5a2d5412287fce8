// Reference ops of one or two tensors, element by element, beyond the plain ones of ops.ts.

import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import type { Run } from "./ops.ts";

const unary =
  (op: (x: Tensor) => Tensor): Run =>
  ({ x }) =>
    op(x as Tensor);

const binary =
  (op: (a: Tensor, b: Tensor) => Tensor): Run =>
  ({ a, b }) =>
    op(a as Tensor, b as Tensor);

export const ELEMENTWISE: Readonly<Record<string, Run>> = {
  acos: unary(renga.acos),
  acosh: unary(renga.acosh),
  asin: unary(renga.asin),
  asinh: unary(renga.asinh),
  atan: unary(renga.atan),
  atanh: unary(renga.atanh),
  cosh: unary(renga.cosh),
  sinh: unary(renga.sinh),
  log2: unary(renga.log2),
  log10: unary((x) => renga.log(x).mul(Math.LOG10E)),
  exp2: unary((x) => renga.exp(x.mul(Math.LN2))),
  erfc: unary((x) => renga.sub(1, renga.erf(x))),
  celu: ({ x }, { alpha = 1 }) => renga.celu(x as Tensor, { alpha: alpha as number }),
  hard_sigmoid: ({ x }, { alpha, beta }) =>
    renga.hardSigmoid(x as Tensor, {
      ...(alpha === undefined ? {} : { alpha: alpha as number }),
      ...(beta === undefined ? {} : { beta: beta as number }),
    }),
  hard_swish: unary(renga.hardSilu),
  hard_tanh: unary((x) => renga.hardTanh(x)),
  log_sigmoid: unary(renga.logSigmoid),
  mish: unary(renga.mish),
  prelu: ({ x, a, w, alpha, slope }) =>
    renga.prelu(x as Tensor, (a ?? w ?? alpha ?? slope) as Tensor),
  relu6: unary(renga.relu6),
  selu: unary(renga.selu),
  softplus: ({ x }, { beta = 1 }) => {
    const factor = beta as number;
    return renga.softplus((x as Tensor).mul(factor)).div(factor);
  },
  softsign: unary(renga.softsign),
  tanhshrink: unary((x) => x.sub(x.tanh())),
  div_scalar: ({ x }, { value }) => renga.div(x as Tensor, value as number),
  sub_scalar: ({ x }, { value }) => renga.sub(x as Tensor, value as number),
  rdiv_scalar: ({ x }, { value }) => renga.div(value as number, x as Tensor),
  atan2: binary(renga.atan2),
  logaddexp: binary(renga.logAddExp),
  xlogy: ({ x, y, a, b }) => renga.xlogy((x ?? a) as Tensor, (y ?? b) as Tensor),
  isnan: ({ x }) => ({
    isnan: renga.isNaN(x as Tensor),
    isinf: renga.isInfinite(x as Tensor),
    isfinite: renga.isFinite(x as Tensor),
  }),
};
