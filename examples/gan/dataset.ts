// What the networks are shown, with the noise that goes with it.

import {
  type Batch,
  DataLoader,
  type Dataset,
  type FileSource,
  type GaussianMixture,
  gaussianRing,
  loadMnist,
  noiseFeed,
  toUnitFloat,
  withNoise,
} from "../../src/data/index.ts";
import type { GANData } from "../../src/scenarios/index.ts";

/** Eight Gaussians on a circle. */
export const ring: GaussianMixture = gaussianRing();

/** Images of digits. */
export const digits = (files: FileSource): Promise<Dataset> => loadMnist(files, "train");

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
