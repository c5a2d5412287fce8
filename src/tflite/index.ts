// renga/tflite: forward passes as TFLite files.

export { encodeTflite } from "./encode.ts";
export { type TfliteOptions, exportTflite, toTfliteModel } from "./exportTflite.ts";
export type {
  TfliteModel,
  TfliteOperator,
  TfliteOption,
  TfliteScales,
  TfliteTensor,
} from "./model.ts";
export type { Operator as TfliteOperatorName, TfliteDType } from "./schema.ts";
export type { TfliteWeightFormat } from "./weights.ts";
