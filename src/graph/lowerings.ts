// Ops that readers of graphs need not know, in terms of simpler ones.

import { abs, clip, exp, log, neg, sqrt, square } from "../ops/unary.ts";
import { add, div, maximum, mul, sub } from "../ops/binary.ts";
import { relu, sigmoid, softplus, tanh } from "../ops/activations.ts";
import { sum } from "../ops/sum.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Axes } from "../tensor/shape.ts";
import { lowerWeights, lowerAttention } from "./lowerAttention.ts";
import { lowerChannelNorm, lowerLayerNorm, lowerRmsNorm } from "./lowerNorms.ts";
import { lowerAdaptive, lowerResize } from "./lowerSampling.ts";
import type { Lower, Lowering } from "./graphTape.ts";

/** A lowering of an op of one result, from its inputs and its attributes. */
type Rule<Attributes> = (
  inputs: readonly Tensor[],
  attributes: Attributes,
  output: Tensor,
) => Tensor;

/** A function of one tensor. */
const unary =
  (formula: (x: Tensor) => Tensor): Rule<unknown> =>
  ([x]) =>
    formula(x as Tensor);

/** A function of one tensor and two numbers. */
const parametric =
  (formula: (x: Tensor, p: number, q: number) => Tensor): Rule<[number, number]> =>
  ([x], [p, q]) =>
    formula(x as Tensor, p, q);

/** A function of two tensors. */
const binary =
  (formula: (a: Tensor, b: Tensor) => Tensor): Rule<unknown> =>
  ([a, b]) =>
    formula(a as Tensor, b as Tensor);

const elementwise = (): Readonly<Record<string, Rule<never>>> => ({
  scale: ([x]: readonly Tensor[], factor: number) => mul(x as Tensor, factor),
  rsqrt: unary((x) => div(1, sqrt(x))),
  square: unary((x) => mul(x, x)),
  reciprocal: unary((x) => div(1, x)),
  log2: unary((x) => mul(log(x), Math.LOG2E)),
  log1p: unary((x) => log(add(x, 1))),
  expm1: unary((x) => sub(exp(x), 1)),
  silu: unary((x) => mul(x, sigmoid(x))),
  logSigmoid: unary((x) => neg(softplus(neg(x)))),
  mish: unary((x) => mul(x, tanh(softplus(x)))),
  softsign: unary((x) => div(x, add(abs(x), 1))),
  geluTanh: unary((x) => {
    const inner = add(x, mul(mul(x, mul(x, x)), 0.044715));
    return mul(mul(x, 0.5), add(tanh(mul(inner, Math.sqrt(2 / Math.PI))), 1));
  }),
  hardTanh: parametric((x, p, q) => clip(x, { min: p, max: q })),
  hardSigmoid: parametric((x, p, q) => clip(add(mul(x, p), q), { min: 0, max: 1 })),
  leakyRelu: parametric((x, p) => sub(relu(x), mul(relu(neg(x)), p))),
  elu: parametric((x, p) => add(relu(x), mul(sub(exp(neg(relu(neg(x)))), 1), p))),
  expDifference: binary((a, b) => exp(sub(a, b))),
  logAddExp: binary((a, b) => {
    return add(maximum(a, b), log(add(exp(neg(abs(sub(a, b)))), 1)));
  }),
});

const norm: Rule<Axes | undefined> = ([given], axes, { rank }) => {
  const x = given as Tensor;
  return sqrt(sum(square(x), axes, { keepDims: rank === x.rank }));
};

/** Rules of ops with one result, by name. */
const makeRules = (): Readonly<Record<string, Rule<never>>> => ({
  ...elementwise(),
  norm,
  layerNorm: lowerLayerNorm,
  rmsNorm: lowerRmsNorm,
  batchNorm: lowerChannelNorm,
  groupNorm: lowerChannelNorm,
  instanceNorm: lowerChannelNorm,
  scaledDotProductAttention: lowerAttention,
  attentionWeights: lowerWeights,
  resize: lowerResize,
});

let rules: ReturnType<typeof makeRules> | undefined;

/** What a recurrent op says of itself. */
interface InOps {
  inOps(inputs: readonly Tensor[]): readonly Tensor[];
}

const isRecurrence = (attributes: unknown): attributes is InOps =>
  typeof attributes === "object" && attributes !== null && "inOps" in attributes;

/** The lowering of an op, or undefined if it is a simple one. */
export const lowerOf: Lower = (op, attributes): Lowering | undefined => {
  if (isRecurrence(attributes)) return (inputs) => attributes.inOps(inputs);
  if (op === "customGradient") {
    const forward = attributes as (...inputs: readonly Tensor[]) => Tensor;
    return (inputs) => [forward(...inputs)];
  }
  if (op === "avgPool" || op === "maxPool") {
    const lower = lowerAdaptive(op, attributes);
    return lower && ((inputs) => [lower(inputs[0] as Tensor)]);
  }
  rules ??= makeRules();
  const rule = Object.hasOwn(rules, op) ? rules[op] : undefined;
  return rule && ((inputs, [output]) => [rule(inputs, attributes as never, output as Tensor)]);
};
