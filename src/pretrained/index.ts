// renga/pretrained: values of other libraries' models, in and out.

export {
  type DecodeNpyOptions,
  type EncodeNpyOptions,
  decodeNpy,
  encodeNpy,
  readNpy,
} from "./npy.ts";
export { exportPretrained } from "./exportPretrained.ts";
export { type KerasOptions, keras } from "./keras.ts";
export type { AnyModule, LayerNames } from "./layers.ts";
export {
  type LoadPretrainedOptions,
  type PretrainedReport,
  type UnlikeTensor,
  loadPretrained,
} from "./loadPretrained.ts";
export {
  type GateOrder,
  type MapTensorOptions,
  type MappedTensor,
  type Mapping,
  mapConstant,
  mapGates,
  mapSum,
  mapTensor,
} from "./mapping.ts";
export type { MatchOptions, PretrainedTarget } from "./matching.ts";
export { openSafetensors } from "./openSafetensors.ts";
export { pytorch } from "./pytorch.ts";
export type { PytorchOptions } from "./pytorchRecurrent.ts";
export { type SaveSafetensorsOptions, saveSafetensors } from "./saveSafetensors.ts";
export {
  type ReadTensorsOptions,
  type TensorInfo,
  type TensorProgress,
  type TensorReader,
  readTensors,
} from "./tensorReader.ts";
