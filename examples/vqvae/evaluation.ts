// What the autoencoder makes of other images: error, use of the codebook, a picture.

import type { Tensor } from "../../src/index.ts";
import { type Dataset, type HostArray, type RgbaPixels, imageGrid } from "../../src/data/index.ts";
import { Predict } from "../../src/scenarios/index.ts";
import type { Coder } from "./net.ts";

const PIXELS = 28 * 28;

/** Images in a row of the picture, and such rows. */
const [COLUMNS, BANDS] = [16, 4];

/** Figures over all images. */
export interface Evaluation {
  /** Mean squared error of a pixel. */
  readonly error: number;
  /** Entries of the codebook that occur. */
  readonly used: number;
  /** e^entropy of the entries: as many would serve if all were as frequent. */
  readonly perplexity: number;
  /** Originals above reconstructions. */
  readonly picture: RgbaPixels;
}

export async function evaluate(
  { encoder, quantizer, decoder }: Coder,
  images: Dataset,
): Promise<Evaluation> {
  const model = (x: Tensor): Record<string, Tensor> => {
    const { quantize, encodingIndices } = quantizer(encoder(x), { isTraining: false });
    return { made: decoder(quantize), codes: encodingIndices };
  };
  const { made, codes } = (await new Predict({ batchSize: 100 })({ model, data: images })) as {
    made: HostArray;
    codes: HostArray;
  };
  const originals = Float32Array.from(images.fields.inputs?.data ?? [], (byte) => byte / 255);
  const squares = originals.reduce((sum, x, i) => sum + (x - (made.data[i] as number)) ** 2, 0);
  const counts = new Map<number, number>();
  for (const code of codes.data) counts.set(code, (counts.get(code) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / codes.data.length);
  const entropy = -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
  return {
    error: squares / originals.length,
    used: counts.size,
    perplexity: Math.exp(entropy),
    picture: pictureOf(originals, made.data as Float32Array),
  };
}

/** Rows of originals, each above a row of what was made of them. */
function pictureOf(originals: Float32Array, made: Float32Array): RgbaPixels {
  const row = COLUMNS * PIXELS;
  const data = new Float32Array(2 * BANDS * row);
  for (let band = 0; band < BANDS; band++) {
    data.set(originals.subarray(band * row, (band + 1) * row), 2 * band * row);
    data.set(made.subarray(band * row, (band + 1) * row), (2 * band + 1) * row);
  }
  return imageGrid({ dtype: "f32", shape: [2 * BANDS * COLUMNS, 28, 28, 1], data }, COLUMNS);
}
