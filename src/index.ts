// renga: tensors, ops, differentiation and modules. Layers, optimizers, losses, metrics, data,
// workspaces and scenarios are subpath exports.

export {
  DataError,
  DeviceError,
  DtypeError,
  NonFiniteError,
  RengaError,
  ShapeError,
  UsageError,
  WorkspaceError,
} from "./errors.ts";
export { type Compiled, compile } from "./compile/compile.ts";
export { type DeviceInfo, type InitOptions, destroyDevice } from "./gpu/device.ts";
export type { MemoryReport } from "./gpu/buffers.ts";
export type { KernelTime } from "./gpu/profile.ts";
export { flush, init, memory, profile } from "./init.ts";
export { Module } from "./nn/module.ts";
export { once } from "./nn/once.ts";
export {
  celu,
  elu,
  gelu,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  relu,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  tanh,
} from "./ops/activations.ts";
export {
  depthToSpace,
  diag,
  diagonal,
  meshgrid,
  outer,
  repeat,
  roll,
  spaceToDepth,
  swapAxes,
  trace,
  tril,
  triu,
} from "./ops/arrange.ts";
export { assign, assignAdd } from "./ops/assign.ts";
export { type BatchNormOptions, batchNorm } from "./ops/batchNorm.ts";
export { type AttentionOptions, scaledDotProductAttention } from "./ops/attention.ts";
export {
  type Operand,
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logAddExp,
  logicalAnd,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  notEqual,
  remainder,
  sub,
  xlogy,
} from "./ops/binary.ts";
export { type AvgPoolOptions, adaptiveAvgPool, avgPool, globalAvgPool } from "./ops/avgPool.ts";
export {
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  shiftLeft,
  shiftRight,
} from "./ops/bitwise.ts";
export { cast } from "./ops/cast.ts";
export { checkpoint } from "./ops/checkpoint.ts";
export type { ChannelNormOptions, Normalized } from "./ops/channelNorm.ts";
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  convTranspose,
  depthwiseConv,
} from "./ops/conv.ts";
export type { ConvPadding, DataFormat, PadFunction } from "./ops/convGeometry.ts";
export { arange, eye, full, linspace, ones, tensor, zeros } from "./ops/creation.ts";
export { einsum } from "./ops/einsum.ts";
export { type ScatterMode, type ScatterOptions, scatter, takeAlongAxis } from "./ops/elements.ts";
export { type NanToNumOptions, isFinite, isInfinite, isNaN, nanToNum } from "./ops/finite.ts";
export { gather, gatherND, scatterAdd, tile } from "./ops/gather.ts";
export {
  GradientTape,
  type VariableSource,
  customGradient,
  grad,
  valueAndGrad,
} from "./ops/gradient.ts";
export { leakyClipByValue, scaleGradient } from "./ops/gradientRules.ts";
export { hardSigmoid, hardSilu, hardTanh, relu6 } from "./ops/hardActivations.ts";
export { cholesky, triangularSolve } from "./ops/linearAlgebra.ts";
export { groupNorm, instanceNorm } from "./ops/groupNorm.ts";
export { type LayerNormOptions, type RmsNormOptions, layerNorm, rmsNorm } from "./ops/layerNorm.ts";
export { type GruOptions, type GruWeights, gru, gruCell } from "./ops/gru.ts";
export { type LstmState, type LstmWeights, lstm, lstmCell, lstmUpdate } from "./ops/lstm.ts";
export { type MatmulOptions, matmul } from "./ops/matmul.ts";
export {
  type GlobalPoolOptions,
  type MaxPoolOptions,
  adaptiveMaxPool,
  globalMaxPool,
  maxPool,
} from "./ops/maxPool.ts";
// Brings the methods' types along.
export type { TensorMethods } from "./ops/methods.ts";
export { type NonzeroResult, nonzero } from "./ops/nonzero.ts";
export { oneHot } from "./ops/oneHot.ts";
export { type PadMode, pad } from "./ops/pad.ts";
export { pow } from "./ops/pow.ts";
export { Generator, type GeneratorState, defaultGenerator, setSeed } from "./ops/random.ts";
export { all, any, argMax, argMin, logSumExp, max, min, prod } from "./ops/reduce.ts";
export { type ScanOptions, cumProd, cumSum, linearRecurrence } from "./ops/scan.ts";
export { binCount, searchSorted } from "./ops/segments.ts";
export { type Padding, type SliceIndex, concat, slice, split, stack } from "./ops/slice.ts";
export {
  type ResizeCoordinates,
  type ResizeMethod,
  type ResizeRounding,
  type ResizeOptions,
  resize,
} from "./ops/resize.ts";
export { type RotaryOptions, rotaryEmbedding } from "./ops/rotaryEmbedding.ts";
export { logSoftmax, softmax, softmaxCrossEntropy } from "./ops/softmax.ts";
export { type SortOptions, type Sorted, argSort, sort, topK } from "./ops/sort.ts";
export { l2Normalize, moments, norm, std, variance } from "./ops/statistics.ts";
export { broadcastTo, mean, sum } from "./ops/sum.ts";
export { acos, acosh, asin, asinh, atan, atan2, atanh, cosh, sinh } from "./ops/trigonometry.ts";
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
  log2,
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
export { HostRandom, type RandomState } from "./tensor/philox.ts";
export { scope } from "./tensor/scope.ts";
export type { Shape } from "./tensor/shape.ts";
export { type NestedArray, Tensor } from "./tensor/tensor.ts";
export { Variable, type VariableOptions } from "./tensor/variable.ts";
export type { ErrorDetails } from "./errors.ts";
export type { AdapterClass, Runtime } from "./gpu/adapter.ts";
export type { BufferKind, MemoryUse } from "./gpu/buffers.ts";
export type { Features } from "./gpu/features.ts";
export type { CompileProgress } from "./gpu/kernel.ts";
export type { ModuleBase } from "./nn/module.ts";
export type { BinaryOp } from "./ops/binary.ts";
export type { AxisPadding } from "./ops/convGeometry.ts";
export type { TensorOptions, TypedArray } from "./ops/creation.ts";
export type { TapeOptions, ValueAndGrads } from "./ops/gradient.ts";
export type { TriangularSolveOptions } from "./ops/linearAlgebra.ts";
export type { PoolOptions } from "./ops/poolWindows.ts";
export type { MatmulActivation } from "./ops/productPreludes.ts";
export type { ReduceOptions } from "./ops/reduction.ts";
export type { SliceRange } from "./ops/slice.ts";
export type { NormOptions, VarianceOptions } from "./ops/statistics.ts";
export type { UnaryOp } from "./ops/unary.ts";
export type { Axes } from "./tensor/shape.ts";
