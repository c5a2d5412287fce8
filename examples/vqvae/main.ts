// Trains an autoencoder with a codebook on images in MNIST's format, and shows what it makes of others.

import { init, setSeed } from "../../src/index.ts";
import { DataLoader } from "../../src/data/index.ts";
import { Adam, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import { VQVAETrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { encodePng } from "../png.ts";
import { loadImages } from "./dataset.ts";
import { evaluate } from "./evaluation.ts";
import { reconstructionLoss } from "./loss.ts";
import { CODES, imageCoder } from "./net.ts";

const BATCH_SIZE = 32;
const STEPS = 1500;
const RATE = 2e-3;

export const vqvae: Example = async (options, workspace, emit) => {
  const { files, seed, resume = false, signal, steps = STEPS } = options;
  const { trainSet, testSet, variance } = await loadImages(files);
  await emit(
    `${(await init()).adapter}; ${trainSet.size} images to train on, ${testSet.size} to test`,
  );
  setSeed(seed);
  const coder = imageCoder();
  const train = new VQVAETrain({ steps, workspace, resume, logEvery: 100 });
  const run = train.run(
    {
      ...coder,
      optimizer: new Adam(),
      schedule: warmup(cosineDecay({ initial: RATE, steps, final: RATE / 20 }), 50),
      reconstruction: reconstructionLoss(variance),
      data: new DataLoader(trainSet, {
        batchSize: BATCH_SIZE,
        shuffle: true,
        seed,
        dropLast: true,
      }),
      evaluate: async () => {
        const { picture, ...figures } = await evaluate(coder, testSet);
        const { width, height, data: pixels } = picture;
        await workspace.write("reconstructions.png", await encodePng({ width, height, pixels }));
        await emit({
          type: "image",
          name: "originals above reconstructions",
          width,
          height,
          pixels,
        });
        return { ...figures };
      },
    },
    { ...(signal && { signal }) },
  );
  for await (const event of run) {
    if (event.type === "step") {
      await emit({ type: "curve", step: event.step, values: event.losses });
    }
    if (event.type !== "evaluation") continue;
    const { error = NaN, used = NaN, perplexity = NaN } = event.metrics;
    await emit(`${used} of ${CODES} codes used, perplexity ${perplexity.toFixed(1)}`);
    await emit({ type: "goal", name: "squared error of a pixel", value: error });
  }
};
