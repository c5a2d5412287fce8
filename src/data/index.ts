// renga/data: data sets, loaders and their file formats.

export { toHostArray, toTensor, toTensors } from "./batchTensors.ts";
export {
  type Batch,
  DataLoader,
  type DataLoaderOptions,
  type LoaderState,
  toUnitFloat,
} from "./dataLoader.ts";
export { type Dataset, dataset, sliceExamples } from "./dataset.ts";
export { type DrawnDigitsOptions, drawnDigits } from "./drawnDigits.ts";
export type { Feed } from "./feed.ts";
export type { HostArray, HostDType } from "./hostArray.ts";
export { type FileSource, parseIdx, readIdx, urlSource } from "./idx.ts";
export { loadMnist } from "./mnist.ts";
export { type NoiseOptions, noiseFeed, withNoise } from "./noise.ts";
