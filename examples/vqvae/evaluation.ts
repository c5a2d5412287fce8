// What the autoencoder makes of test images: error, use of the codebook, a picture.

import { compile, scope, type Tensor } from "../../src/index.ts";
import { DataLoader, type Dataset, sliceExamples } from "../../src/data/index.ts";
import { Mean } from "../../src/metrics/index.ts";
import { Sum } from "../../src/nn/index.ts";
import type { Picture } from "../png.ts";
import { imagesOf } from "./dataset.ts";
import { vqvaeLoss } from "./loss.ts";
import { CODES, type VQVAE } from "./net.ts";
import { gridPicture } from "./picture.ts";

/** Figures over all test images. */
export interface Evaluation {
  /** Mean squared error of a pixel. */
  readonly error: number;
  /** Entries of the codebook that occur. */
  readonly used: number;
  /** e^entropy of the entries: as many would serve if all were as frequent. */
  readonly perplexity: number;
}

export async function evaluate(model: VQVAE, testSet: Dataset): Promise<Evaluation> {
  const [error, counts] = [new Mean("error"), new Sum("counts")];
  const update = compile((x: Tensor) => {
    const coded = model(x, { isTraining: false });
    error.update(vqvaeLoss(x, coded, 1).error);
    counts.update(coded.quantized.encodings.sum(0));
  });
  for await (const batch of new DataLoader(testSet, { batchSize: 100, epochs: 1 })) {
    scope(() => update(imagesOf(batch)));
  }
  update.dispose();
  const list = [...(await counts.value.data())];
  const total = list.reduce((sum, count) => sum + count, 0);
  const entropy = list.reduce((sum, count) => {
    return count === 0 ? sum : sum - (count / total) * Math.log(count / total);
  }, 0);
  const used = list.filter((count) => count > 0).length;
  return { error: await error.result(), used, perplexity: Math.exp(entropy) };
}

/** The first test images and their reconstructions. */
export async function reconstructions(
  model: VQVAE,
  testSet: Dataset,
  count: number,
): Promise<Picture> {
  const few = new DataLoader(sliceExamples(testSet, 0, count), { batchSize: count });
  const batch = await few.next();
  const made = scope(() => {
    const x = imagesOf(batch ?? {});
    return [x, model(x, { isTraining: false }).reconstruction];
  });
  const rows = (await Promise.all(made.map((images) => images.data()))) as Float32Array[];
  return gridPicture(...rows);
}

/** The figures as a line. */
export function describe({ error, used, perplexity }: Evaluation): string {
  return (
    `test images: squared error ${error.toFixed(5)} per pixel; ` +
    `${used} of ${CODES} codes used, perplexity ${perplexity.toFixed(1)}`
  );
}
