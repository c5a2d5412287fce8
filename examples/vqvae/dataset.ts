// Images in MNIST's format.

import {
  type Dataset,
  type FileSource,
  type HostArray,
  channelStatistics,
  loadMnist,
} from "../../src/data/index.ts";

/** Images to learn from, and others. */
export interface Images {
  readonly trainSet: Dataset;
  readonly testSet: Dataset;
  /** Of the training images' pixels, in [0, 1]. */
  readonly variance: number;
}

export async function loadImages(files: FileSource): Promise<Images> {
  const [trainSet, testSet] = [await loadMnist(files, "train"), await loadMnist(files, "test")];
  const [deviation = NaN] = channelStatistics(trainSet.fields.inputs as HostArray).deviation;
  return { trainSet, testSet, variance: deviation ** 2 };
}
