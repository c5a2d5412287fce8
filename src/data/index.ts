// renga/data: data sets, loaders and their file formats.

export { toHostArray, toTensor, toTensors } from "./batchTensors.ts";
export { type ChannelStatistics, channelStatistics } from "./channelStatistics.ts";
export { CIFAR10_CLASSES, loadCifar10, loadCifar100 } from "./cifar.ts";
export { classWeights } from "./classWeights.ts";
export {
  type Batch,
  DataLoader,
  type DataLoaderOptions,
  type LoaderState,
  toUnitFloat,
} from "./dataLoader.ts";
export { type Dataset, concatDatasets, dataset, sliceExamples, subset } from "./dataset.ts";
export { type DrawnDigitsOptions, drawnDigits } from "./drawnDigits.ts";
export { type Example, exampleAt, mapDataset, stackExamples } from "./example.ts";
export type { Feed } from "./feed.ts";
export { bytesSource } from "./files/bytesSource.ts";
export { crc32 } from "./files/crc32.ts";
export type {
  FileRange,
  FileSource,
  ListedSource,
  OnReadProgress,
  ReadProgress,
} from "./files/fileSource.ts";
export { directorySource, fileListSource } from "./files/pickedFiles.ts";
export { urlSource } from "./files/urlSource.ts";
export { withNames } from "./files/withNames.ts";
export type { HostArray, HostDType } from "./hostArray.ts";
export { parseIdx, readIdx } from "./idx.ts";
export { decodeImage } from "./images/decodeImage.ts";
export {
  type ImageFolder,
  type LabelledFile,
  type LoadImageFolderOptions,
  type ReadImageOptions,
  listImages,
  loadImageFolder,
  readImage,
} from "./images/imageFolder.ts";
export { type ImageGridOptions, type RgbaPixels, imageGrid } from "./images/imageGrid.ts";
export { type DecodeImage, type ImageShape, type Pixels, imageArray } from "./images/pixels.ts";
export { type MapAheadOptions, mapAhead } from "./mapAhead.ts";
export { loadMnist } from "./mnist.ts";
export { type NoiseOptions, noiseFeed, withNoise } from "./noise.ts";
export {
  type CheckerboardOptions,
  type PinwheelOptions,
  checkerboard,
  pinwheel,
} from "./plane/areas.ts";
export {
  type CirclesOptions,
  type CurveOptions,
  type SpiralsOptions,
  circles,
  spirals,
  swissRoll,
  twoMoons,
} from "./plane/curves.ts";
export {
  type GaussianGridOptions,
  type GaussianMixture,
  type GaussianRingOptions,
  type ModeCoverage,
  gaussianGrid,
  gaussianMixture,
  gaussianRing,
} from "./plane/gaussianMixture.ts";
export type { PlaneDistribution, Point } from "./plane/planeDistribution.ts";
export { type PointFeedOptions, pointFeed } from "./plane/pointFeed.ts";
export { type Fold, type SplitOptions, kFold, split } from "./split.ts";
export { type ExampleSource, StreamLoader, type StreamLoaderOptions } from "./streamLoader.ts";
export { type NextTokenWindowsOptions, nextTokenWindows } from "./text/nextTokenWindows.ts";
export { readText } from "./text/readText.ts";
export {
  type CharacterVocabulary,
  type CharacterVocabularyOptions,
  type Vocabulary,
  byteVocabulary,
  characterVocabulary,
} from "./text/vocabulary.ts";
export type { MessageEnd } from "./worker/messageEnd.ts";
export { serveDecoder } from "./worker/serveDecoder.ts";
export { type WorkerDecoder, workerDecoder } from "./worker/workerDecoder.ts";
