// What the networks are shown, with the noise that goes with it.

import {
  type Batch,
  DataLoader,
  type Dataset,
  type FileSource,
  type GaussianMixture,
  drawnDigits,
  gaussianRing,
  loadMnist,
  noiseFeed,
  toUnitFloat,
  withNoise,
} from "../../src/data/index.ts";
import type { GANData } from "../../src/scenarios/index.ts";

/** Eight Gaussians on a circle, and wider ones that are found sooner. */
export const ring: GaussianMixture = gaussianRing();
export const wideRing: GaussianMixture = gaussianRing({ sigma: 0.1 });

/** Pixels of a side of images that are small. */
export const SMALL_SIDE = 14;

/** Images of digits: of MNIST's files, or small ones drawn on the spot. */
export async function digits(files: FileSource | undefined): Promise<Dataset> {
  if (files !== undefined) return loadMnist(files, "train");
  return drawnDigits({ count: 6000, seed: 1, size: SMALL_SIDE });
}

/** Bytes as numbers from −1 to 1, without labels. */
function centred(batch: Batch): Batch {
  const { inputs } = toUnitFloat(batch);
  const data = Float32Array.from(inputs?.data ?? [], (value) => 2 * value - 1);
  return { inputs: { dtype: "f32", shape: inputs?.shape ?? [], data } };
}

/** Batches of examples and noise for the discriminator's steps, and of noise for the generator's. */
export function batches(
  data: Dataset,
  options: { readonly batchSize: number; readonly noise: number; readonly seed: number },
): GANData {
  const { batchSize, noise: size, seed } = options;
  const isImages = data.fields.inputs?.dtype === "u8";
  const loader = new DataLoader(data, {
    ...{ batchSize, seed, shuffle: true, dropLast: true },
    ...(isImages && { transform: centred }),
  });
  return {
    gd: withNoise(loader, { size, seed: seed + 1 }, { inputs: "real" }),
    g: noiseFeed({ size, batchSize, seed: seed + 2 }),
  };
}
