// renga: tensors, ops, differentiation and modules. Layers, optimizers, losses, metrics, data,
// workspaces and scenarios are subpath exports.

export {
  DataError,
  DeviceError,
  DtypeError,
  RengaError,
  ShapeError,
  UsageError,
} from "./errors.ts";
export { type DeviceInfo, type InitOptions, destroyDevice } from "./gpu/device.ts";
export type { MemoryReport } from "./gpu/buffers.ts";
export type { KernelTime } from "./gpu/profile.ts";
export { flush, init, memory, profile } from "./init.ts";
export { Module } from "./nn/module.ts";
export { once } from "./nn/once.ts";
export { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "./ops/activations.ts";
export { assign, assignAdd } from "./ops/assign.ts";
export {
  type Operand,
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  notEqual,
  sub,
} from "./ops/binary.ts";
export { cast } from "./ops/cast.ts";
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  convTranspose,
  depthwiseConv,
} from "./ops/conv.ts";
export type { ConvPadding, DataFormat, PadFunction } from "./ops/convGeometry.ts";
export { arange, eye, full, linspace, ones, tensor, zeros } from "./ops/creation.ts";
export { gather, scatterAdd, tile } from "./ops/gather.ts";
export {
  GradientTape,
  type VariableSource,
  customGradient,
  grad,
  valueAndGrad,
} from "./ops/gradient.ts";
export { type GruOptions, type GruWeights, gru, gruCell } from "./ops/gru.ts";
export { type LstmState, type LstmWeights, lstm, lstmCell, lstmUpdate } from "./ops/lstm.ts";
export { type MatmulOptions, matmul } from "./ops/matmul.ts";
// Brings the methods' types along.
export type { TensorMethods } from "./ops/methods.ts";
export { oneHot } from "./ops/oneHot.ts";
export { pow } from "./ops/pow.ts";
export { Generator, type GeneratorState, defaultGenerator, setSeed } from "./ops/random.ts";
export { all, any, argMax, argMin, logSumExp, max, min, prod } from "./ops/reduce.ts";
export { type SliceIndex, concat, pad, slice, split, stack } from "./ops/slice.ts";
export { logSoftmax, softmax, softmaxCrossEntropy } from "./ops/softmax.ts";
export { broadcastTo, mean, sum } from "./ops/sum.ts";
export {
  abs,
  ceil,
  clip,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  logicalNot,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
  tan,
} from "./ops/unary.ts";
export {
  type VanillaOptions,
  type VanillaWeights,
  vanillaCell,
  vanillaRnn,
} from "./ops/vanillaRnn.ts";
export type { SequenceOptions, SequenceResult } from "./ops/recurrence.ts";
export {
  contiguous,
  expandDims,
  flip,
  reshape,
  squeeze,
  stopGradient,
  transpose,
} from "./ops/views.ts";
export { where } from "./ops/where.ts";
export type { DType, HostData } from "./tensor/dtype.ts";
export { HostRandom } from "./tensor/philox.ts";
export { scope } from "./tensor/scope.ts";
export type { Shape } from "./tensor/shape.ts";
export { type NestedArray, Tensor } from "./tensor/tensor.ts";
export { Variable, type VariableOptions } from "./tensor/variable.ts";
