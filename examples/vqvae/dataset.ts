// Images in MNIST's format, in batches.

import { type Tensor, UsageError } from "../../src/index.ts";
import {
  type Batch,
  DataLoader,
  type Dataset,
  type FileSource,
  loadMnist,
  toTensors,
} from "../../src/data/index.ts";

/** Images for training, again and again in other orders, and those for testing, once. */
export interface Images {
  readonly train: DataLoader;
  readonly testSet: Dataset;
  /** Variance of the training images' pixels, in [0, 1]. */
  readonly variance: number;
}

export async function loadImages(
  files: FileSource,
  options: { readonly batchSize: number; readonly seed: number },
): Promise<Images> {
  const [trainSet, testSet] = [await loadMnist(files, "train"), await loadMnist(files, "test")];
  const train = new DataLoader(trainSet, { ...options, shuffle: true, dropLast: true });
  return { train, testSet, variance: varianceOf(trainSet) };
}

function varianceOf({ fields }: Dataset): number {
  const pixels = fields.inputs?.data ?? [];
  let [sum, squares] = [0, 0];
  for (const pixel of pixels) {
    sum += pixel / 255;
    squares += (pixel / 255) ** 2;
  }
  return squares / pixels.length - (sum / pixels.length) ** 2;
}

/** The images of a batch, `[batch, 28, 28, 1]` in [0, 1]. */
export function imagesOf(batch: Batch): Tensor {
  const { inputs, labels } = toTensors(batch);
  labels?.dispose();
  if (inputs !== undefined) return inputs;
  throw new UsageError("vqvae", "batches must have inputs");
}
