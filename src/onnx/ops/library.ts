// What the table of ONNX ops is written with, under one roof.

export {
  celu,
  elu,
  gelu,
  leakyRelu,
  mish,
  prelu,
  relu,
  sigmoid,
  softplus,
  softsign,
  tanh,
} from "../../ops/activations.ts";
export { depthToSpace, spaceToDepth, tril, triu } from "../../ops/arrange.ts";
export { batchNorm } from "../../ops/batchNorm.ts";
export { scaledDotProductAttention } from "../../ops/attention.ts";
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
  remainder,
  sub,
} from "../../ops/binary.ts";
export { avgPool, globalAvgPool } from "../../ops/avgPool.ts";
export {
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  shiftLeft,
  shiftRight,
} from "../../ops/bitwise.ts";
export { cast } from "../../ops/cast.ts";
export { conv, convTranspose } from "../../ops/conv.ts";
export type { ConvPadding, DataFormat } from "../../ops/convGeometry.ts";
export { arange, full, ones, tensor, zeros } from "../../ops/creation.ts";
export { einsum } from "../../ops/einsum.ts";
export { type ScatterMode, scatter, takeAlongAxis } from "../../ops/elements.ts";
export { isInfinite, isNaN } from "../../ops/finite.ts";
export { gather, gatherND, tile } from "../../ops/gather.ts";
export { hardSigmoid, hardSilu } from "../../ops/hardActivations.ts";
export { groupNorm, instanceNorm } from "../../ops/groupNorm.ts";
export { layerNorm, rmsNorm } from "../../ops/layerNorm.ts";
export { gru } from "../../ops/gru.ts";
export { lstm } from "../../ops/lstm.ts";
export { matmul } from "../../ops/matmul.ts";
export { globalMaxPool, maxPool } from "../../ops/maxPool.ts";
export { oneHot } from "../../ops/oneHot.ts";
export { type PadMode, pad } from "../../ops/pad.ts";
export { pow } from "../../ops/pow.ts";
export { argMax, argMin, logSumExp, max, min, prod } from "../../ops/reduce.ts";
export { cumProd, cumSum } from "../../ops/scan.ts";
export { type SliceIndex, concat, slice, split, stack } from "../../ops/slice.ts";
export { type ResizeRounding, resize } from "../../ops/resize.ts";
export { logSoftmax, softmax } from "../../ops/softmax.ts";
export { topK } from "../../ops/sort.ts";
export { moments, norm } from "../../ops/statistics.ts";
export { broadcastTo, mean, sum } from "../../ops/sum.ts";
export { acos, acosh, asin, asinh, atan, atanh, cosh, sinh } from "../../ops/trigonometry.ts";
export {
  abs,
  ceil,
  cos,
  erf,
  exp,
  floor,
  log,
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
} from "../../ops/unary.ts";
export { vanillaRnn } from "../../ops/vanillaRnn.ts";
export { contiguous, expandDims, flip, reshape, squeeze, transpose } from "../../ops/views.ts";
export { where } from "../../ops/where.ts";
export type { DType } from "../../tensor/dtype.ts";
export type { Shape } from "../../tensor/shape.ts";
export { Tensor } from "../../tensor/tensor.ts";
