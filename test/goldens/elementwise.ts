// Reference ops of one or two tensors, element by element, beyond the plain ones of ops.ts.

import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { type Run, binary, unary } from "./run.ts";

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
  hard_shrink: ({ x }, { lambd = 0.5 }) =>
    renga.where((x as Tensor).abs().greater(lambd as number), x as Tensor, 0),
  soft_shrink: ({ x }, { lambd = 0.5 }) => {
    const over = renga.relu((x as Tensor).abs().sub(lambd as number));
    return over.mul(renga.sign(x as Tensor));
  },
  threshold: ({ x }, { threshold, value }) =>
    renga.where((x as Tensor).greater(threshold as number), x as Tensor, value as number),
  logit: unary((x) => renga.log(x).sub(renga.log(renga.sub(1, x)))),
  glu: ({ x }, { axis = -1 }) => {
    const [a, gate] = renga.split(x as Tensor, 2, axis as number) as [Tensor, Tensor];
    return a.mul(gate.sigmoid());
  },
  softmin: ({ x }, { axis = -1 }) => renga.softmax(renga.neg(x as Tensor), axis as number),
  squared_relu: unary((x) => x.relu().square()),
  hypot: binary((a, b) => a.square().add(b.square()).sqrt()),
  remainder: binary(renga.mod),
  fmod: binary(renga.remainder),
  lerp: ({ a, b, w, t }, { weight }) => {
    const part = (w ?? t ?? weight) as Tensor | number;
    return (a as Tensor).add((b as Tensor).sub(a as Tensor).mul(part));
  },
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
