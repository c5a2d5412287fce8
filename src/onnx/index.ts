// renga/onnx: forward passes as ONNX files.

export { decodeModel } from "./decode.ts";
export { encodeModel } from "./encode.ts";
export { type SplitModel, withExternalData } from "./externalData.ts";
export { type OnnxOptions, exportOnnx, toOnnxModel } from "./exportOnnx.ts";
export type {
  OnnxAttribute,
  OnnxDType,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from "./model.ts";
export type { WeightFormat } from "./weights.ts";
