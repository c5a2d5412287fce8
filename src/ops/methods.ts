// What people chain: ops as methods of Tensor, and assignment as methods of Variable. init() installs
// them, so that no module has side effects when it is loaded. Every program carries these ops, used or
// not: those that are rarely chained, trigonometry and padding say, are functions only.

import type { DType } from "../tensor/dtype.ts";
import type { Axes, Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import * as activations from "./activations.ts";
import { assign, assignAdd } from "./assign.ts";
import * as binary from "./binary.ts";
import { cast } from "./cast.ts";
import { gather } from "./gather.ts";
import { type MatmulOptions, matmul } from "./matmul.ts";
import { pow } from "./pow.ts";
import * as reduce from "./reduce.ts";
import type { ReduceOptions } from "./reduction.ts";
import { type SliceIndex, slice, split } from "./slice.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { broadcastTo, mean, sum } from "./sum.ts";
import * as unary from "./unary.ts";
import * as views from "./views.ts";

const methods = {
  ...{ abs: unary.abs, ceil: unary.ceil, erf: unary.erf, exp: unary.exp, expm1: unary.expm1 },
  ...{ floor: unary.floor, log: unary.log, log1p: unary.log1p, neg: unary.neg },
  ...{ reciprocal: unary.reciprocal, round: unary.round, rsqrt: unary.rsqrt, sign: unary.sign },
  ...{ sqrt: unary.sqrt, square: unary.square, clip: unary.clip, logicalNot: unary.logicalNot },
  ...{ relu: activations.relu, tanh: activations.tanh },
  ...{ sigmoid: activations.sigmoid, softplus: activations.softplus, silu: activations.silu },
  ...{ leakyRelu: activations.leakyRelu, elu: activations.elu, gelu: activations.gelu },
  ...{ add: binary.add, sub: binary.sub, mul: binary.mul, div: binary.div, mod: binary.mod, pow },
  ...{ maximum: binary.maximum, minimum: binary.minimum, equal: binary.equal },
  ...{ notEqual: binary.notEqual, less: binary.less, lessEqual: binary.lessEqual },
  ...{ greater: binary.greater, greaterEqual: binary.greaterEqual },
  ...{ logicalAnd: binary.logicalAnd, logicalOr: binary.logicalOr, logicalXor: binary.logicalXor },
  ...{ matmul, sum, mean, softmax, logSoftmax, cast, gather, slice, split, broadcastTo },
  ...{ max: reduce.max, min: reduce.min, prod: reduce.prod, any: reduce.any, all: reduce.all },
  ...{ argMax: reduce.argMax, argMin: reduce.argMin, logSumExp: reduce.logSumExp },
  ...{ reshape: views.reshape, transpose: views.transpose, expandDims: views.expandDims },
  ...{ squeeze: views.squeeze, flip: views.flip, contiguous: views.contiguous },
  ...{ stopGradient: views.stopGradient },
};

const variableMethods = { assign, assignAdd };

/** Puts the methods on the prototypes. Doing it again changes nothing. */
export function installMethods(): void {
  install(Tensor.prototype, methods);
  install(Variable.prototype, variableMethods);
  for (const inspector of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    define(Tensor.prototype, Symbol.for(inspector), function (this: Tensor) {
      return this.toString();
    });
  }
}

type Op = (self: never, ...args: never[]) => unknown;

function install(prototype: object, ops: Readonly<Record<string, Op>>): void {
  for (const [name, op] of Object.entries(ops)) {
    const call = op as (self: unknown, ...args: unknown[]) => unknown;
    define(prototype, name, function (this: unknown, ...args: unknown[]) {
      return call(this, ...args);
    });
  }
}

function define(prototype: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

type Unary = () => Tensor;
type Binary = (other: binary.Operand) => Tensor;
type Reducer = (axes?: Axes, options?: ReduceOptions) => Tensor;
type ArgReducer = (axis?: number, options?: ReduceOptions) => Tensor;

/** The ops that every tensor has as methods; see the functions of the same names. */
export interface TensorMethods {
  abs: Unary;
  ceil: Unary;
  erf: Unary;
  exp: Unary;
  expm1: Unary;
  floor: Unary;
  log: Unary;
  log1p: Unary;
  neg: Unary;
  reciprocal: Unary;
  round: Unary;
  rsqrt: Unary;
  sign: Unary;
  sqrt: Unary;
  square: Unary;
  logicalNot: Unary;
  relu: Unary;
  tanh: Unary;
  sigmoid: Unary;
  softplus: Unary;
  silu: Unary;
  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  mod: Binary;
  pow: Binary;
  maximum: Binary;
  minimum: Binary;
  equal: Binary;
  notEqual: Binary;
  less: Binary;
  lessEqual: Binary;
  greater: Binary;
  greaterEqual: Binary;
  logicalAnd: Binary;
  logicalOr: Binary;
  logicalXor: Binary;
  sum: Reducer;
  mean: Reducer;
  max: Reducer;
  min: Reducer;
  prod: Reducer;
  any: Reducer;
  all: Reducer;
  logSumExp: Reducer;
  argMax: ArgReducer;
  argMin: ArgReducer;
  contiguous: Unary;
  stopGradient: Unary;
  clip(options: { readonly min?: number; readonly max?: number }): Tensor;
  leakyRelu(options?: { readonly alpha?: number }): Tensor;
  elu(options?: { readonly alpha?: number }): Tensor;
  gelu(options?: { readonly approximate?: "none" | "tanh" }): Tensor;
  matmul(b: Tensor, options?: MatmulOptions): Tensor;
  softmax(axis?: number): Tensor;
  logSoftmax(axis?: number): Tensor;
  cast(dtype: DType): Tensor;
  gather(ids: Tensor, axis?: number): Tensor;
  slice(indices: readonly SliceIndex[]): Tensor;
  split(sizes: number | readonly number[], axis?: number): Tensor[];
  broadcastTo(shape: Shape): Tensor;
  reshape(shape: Shape): Tensor;
  transpose(permutation?: readonly number[]): Tensor;
  expandDims(axis: number): Tensor;
  squeeze(axes?: Axes): Tensor;
  flip(axes?: Axes): Tensor;
}

declare module "../tensor/tensor.ts" {
  interface Tensor extends TensorMethods {}
}

declare module "../tensor/variable.ts" {
  interface Variable {
    /** Gives the variable a new value of its shape and dtype. */
    assign(value: Tensor): void;
    assignAdd(change: Tensor): void;
  }
}
