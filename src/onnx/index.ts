// renga/onnx: ONNX files of forward passes, written and read. Needs protobufjs beside it.

export { decodeModel } from "./decode.ts";
export { encodeModel } from "./encode.ts";
export { type SplitModel, withExternalData } from "./externalData.ts";
export { type OnnxOptions, exportOnnx, toOnnxModel } from "./exportOnnx.ts";
export {
  type ImportOnnxOptions,
  type OnnxInput,
  type OnnxInputs,
  OnnxModule,
  importOnnx,
} from "./importOnnx.ts";
export type { ExternalFiles } from "./importWeights.ts";
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
