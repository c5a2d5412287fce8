// Which op of the library a case's op is. An op that is not here is not covered.

import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { ATTENTION } from "./attention.ts";
import type { Named } from "./case.ts";
import { type Attrs, type Run, binary, unary } from "./run.ts";
import { CONVOLUTIONS } from "./convolution.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { INDEXING } from "./indexing.ts";
import { REARRANGING } from "./rearranging.ts";
import { NORMS } from "./norms.ts";
import { POOLING } from "./pooling.ts";
import { RECURRENT } from "./recurrent.ts";
import { LOSSES } from "./losses.ts";

type Reduce = (x: Tensor, axes?: number[], options?: { keepDims: boolean }) => Tensor;

const reduction =
  (op: Reduce): Run =>
  ({ x }, { axes, keepdims }) =>
    op(x as Tensor, axes as number[] | undefined, { keepDims: keepdims === true });

const variance =
  (op: typeof renga.variance): Run =>
  ({ x }, { axes, keepdims, ddof = 0 }) =>
    op(x as Tensor, axes as number[], { keepDims: keepdims === true, ddof: ddof as number });

const argument =
  (op: typeof renga.argMax): Run =>
  ({ x }, { axis, keepdims }) =>
    op(x as Tensor, axis as number, { keepDims: keepdims === true });

const inOrder = (x: Named): Tensor[] => Object.values(x);

function slice({ x }: Named, { starts, ends, steps, index }: Attrs): Tensor | undefined {
  const given = x as Tensor;
  if (index === "x[2,:,1]") return given.slice([2, null, 1]);
  if (index === "x[...,None,1:3]") return given.slice([null, null, [1, 3]]).expandDims(2);
  if (!Array.isArray(starts)) return undefined;
  const [last, step] = [ends as (number | null)[], steps as number[]];
  return given.slice(
    (starts as number[]).map((start, i) => {
      const end = last[i] ?? undefined;
      return { start, step: step[i] ?? 1, ...(end === undefined ? {} : { end }) };
    }),
  );
}

function split({ x }: Named, { axis, sections, sizes }: Attrs): Named {
  const parts = renga.split(x as Tensor, (sections ?? sizes) as number, axis as number);
  return Object.fromEntries(parts.map((part, i) => [`y${i}`, part]));
}

/** Reference ops by name. */
export const OPS: Readonly<Record<string, Run>> = {
  ...ATTENTION,
  ...CONVOLUTIONS,
  ...ELEMENTWISE,
  ...INDEXING,
  ...REARRANGING,
  ...NORMS,
  ...POOLING,
  ...RECURRENT,
  ...LOSSES,
  neg: unary(renga.neg),
  abs: unary(renga.abs),
  sign: unary(renga.sign),
  exp: unary(renga.exp),
  expm1: unary(renga.expm1),
  log: unary(renga.log),
  log1p: unary(renga.log1p),
  sqrt: unary(renga.sqrt),
  rsqrt: unary(renga.rsqrt),
  square: unary(renga.square),
  reciprocal: unary(renga.reciprocal),
  sin: unary(renga.sin),
  cos: unary(renga.cos),
  tan: unary(renga.tan),
  tanh: unary(renga.tanh),
  sigmoid: unary(renga.sigmoid),
  softplus: ({ x }, { beta = 1 }) => (beta === 1 ? renga.softplus(x as Tensor) : undefined),
  relu: unary(renga.relu),
  silu: unary(renga.silu),
  erf: unary(renga.erf),
  floor: unary(renga.floor),
  ceil: unary(renga.ceil),
  round: unary(renga.round),
  leaky_relu: ({ x }, { alpha }) => renga.leakyRelu(x as Tensor, { alpha: alpha as number }),
  elu: ({ x }, { alpha }) => renga.elu(x as Tensor, { alpha: alpha as number }),
  gelu: ({ x }, { approximate = "none" }) =>
    renga.gelu(x as Tensor, { approximate: approximate as "none" }),
  gelu_tanh: unary((x) => renga.gelu(x, { approximate: "tanh" })),
  clip: ({ x }, bounds) => renga.clip(x as Tensor, bounds),
  mul_scalar: ({ x }, { value }) => renga.mul(x as Tensor, value as number),
  add_scalar: ({ x }, { value }) => renga.add(x as Tensor, value as number),
  rsub_scalar: ({ x }, { value }) => renga.sub(value as number, x as Tensor),
  pow_scalar: ({ x }, { exponent }) => renga.pow(x as Tensor, exponent as number),
  logical_not: unary(renga.logicalNot),
  specials: ({ x }) => {
    const { exp, log, sqrt, reciprocal, tanh, relu } = renga;
    const ops = { exp, log, sqrt, reciprocal, tanh, relu };
    return Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, op(x as Tensor)]));
  },
  add: binary(renga.add),
  sub: binary(renga.sub),
  mul: binary(renga.mul),
  div: binary(renga.div),
  pow: binary(renga.pow),
  mod: binary(renga.mod),
  maximum: binary(renga.maximum),
  minimum: binary(renga.minimum),
  squared_difference: binary((a, b) => a.sub(b).square()),
  equal: binary(renga.equal),
  not_equal: binary(renga.notEqual),
  less: binary(renga.less),
  less_equal: binary(renga.lessEqual),
  greater: binary(renga.greater),
  greater_equal: binary(renga.greaterEqual),
  logical_and: binary(renga.logicalAnd),
  logical_or: binary(renga.logicalOr),
  logical_xor: binary(renga.logicalXor),
  where: ({ cond, a, b }) => renga.where(cond as Tensor, a as Tensor, b as Tensor),
  masked_fill: ({ x, mask }, { value }) =>
    renga.where(mask as Tensor, value as number, x as Tensor),
  matmul: ({ a, b }, { transpose_a: transposeA, transpose_b: transposeB }) =>
    renga.matmul(a as Tensor, b as Tensor, {
      transposeA: transposeA === true,
      transposeB: transposeB === true,
    }),
  bmm: binary((a, b) => renga.matmul(a, b)),
  dot: binary((a, b) => renga.matmul(a, b)),
  linear: ({ x, w, b }) => renga.matmul(x as Tensor, w as Tensor, b ? { bias: b } : {}),
  gemm: ({ a, b, c }, { alpha, beta, transpose_a: transposeA, transpose_b: transposeB }) => {
    const options = { transposeA: transposeA === true, transposeB: transposeB === true };
    const product = renga.matmul(a as Tensor, b as Tensor, options).mul(alpha as number);
    return product.add((c as Tensor).mul(beta as number));
  },
  sum: reduction(renga.sum),
  mean: reduction(renga.mean),
  max: reduction(renga.max),
  min: reduction(renga.min),
  prod: reduction(renga.prod),
  any: reduction(renga.any),
  all: reduction(renga.all),
  logsumexp: reduction(renga.logSumExp),
  var: variance(renga.variance),
  std: variance(renga.std),
  norm_l1: reduction((x, axes, options) => renga.norm(x, axes, { ...options, ord: 1 })),
  norm_l2: reduction((x, axes, options) => renga.norm(x, axes, options)),
  norm_inf: reduction((x, axes, options) => renga.norm(x, axes, { ...options, ord: Infinity })),
  einsum: (x, { equation }) => renga.einsum(equation as string, ...inOrder(x)),
  argmax: argument(renga.argMax),
  argmin: argument(renga.argMin),
  softmax: ({ x }, { axis = -1 }) => renga.softmax(x as Tensor, axis as number),
  log_softmax: ({ x }, { axis = -1 }) => renga.logSoftmax(x as Tensor, axis as number),
  reshape: ({ x }, { shape }) => renga.reshape(x as Tensor, shape as number[]),
  transpose: ({ x }, { perm }) => renga.transpose(x as Tensor, perm as number[]),
  broadcast_to: ({ x }, { shape }) => renga.broadcastTo(x as Tensor, shape as number[]),
  expand_dims: ({ x }, { axis }) => renga.expandDims(x as Tensor, axis as number),
  squeeze: ({ x }, { axes }) => renga.squeeze(x as Tensor, axes as number[]),
  concat: (x, { axis }) => renga.concat(inOrder(x), axis as number),
  stack: (x, { axis }) => renga.stack(inOrder(x), axis as number),
  split,
  slice,
  flip: ({ x }, { axes }) => renga.flip(x as Tensor, axes as number[]),
  tile: ({ x }, { reps }) => {
    const counts = reps as number[];
    const ones = Array<number>(Math.max(0, (x as Tensor).rank - counts.length)).fill(1);
    return renga.tile(x as Tensor, [...ones, ...counts]);
  },
  gather: ({ x, ids }, { axis }) => renga.gather(x as Tensor, ids as Tensor, axis as number),
  embedding: ({ w, ids }) => renga.gather(w as Tensor, ids as Tensor),
  one_hot: ({ ids }, { depth }) => renga.oneHot(ids as Tensor, depth as number),
  dropout: ({ x, mask }, { rate }) =>
    (x as Tensor).mul((mask as Tensor).cast("f32")).div(1 - (rate as number)),
};
