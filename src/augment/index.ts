// renga/augment: images changed by chance on the GPU, each in its own way.

export { type Corruption, corruptions } from "./corruptions.ts";
export {
  type GaussianBlurOptions,
  type GaussianNoiseOptions,
  gaussianBlur,
  gaussianNoise,
} from "./gaussian.ts";
export { type ImageTransform, type RandomOptions, type Span, chain } from "./imageTransform.ts";
export { type BatchTransform, type MixOptions, cutmix, mixup } from "./mixup.ts";
export { type NormalizeStatistics, normalize } from "./normalize.ts";
export { type GridSampleOptions, type Outside, gridSample } from "./pixelsAt.ts";
export {
  type RandomAffineOptions,
  type RandomRotationOptions,
  randomAffine,
  randomRotation,
} from "./randomAffine.ts";
export { type ColorJitterOptions, colorJitter } from "./colorJitter.ts";
export {
  type Extent,
  type RandomCropOptions,
  type RandomShiftOptions,
  randomCrop,
  randomShift,
} from "./randomCrop.ts";
export {
  type CutoutOptions,
  type RandomErasingOptions,
  cutout,
  randomErasing,
} from "./randomErasing.ts";
export { type RandomFlipOptions, randomFlip } from "./randomFlip.ts";
