// A variational autoencoder learns a code of digits, and makes digits out of codes.

import { type Tensor, init, setSeed } from "../../src/index.ts";
import { DataLoader, imageGrid, noiseFeed } from "../../src/data/index.ts";
import { bernoulliLikelihood, variationalLosses } from "../../src/losses/index.ts";
import { Mean, type Metric } from "../../src/metrics/index.ts";
import { Adam, cosineDecay } from "../../src/optimizers/index.ts";
import { Evaluate, Sample, VAETrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { encodePng } from "../png.ts";
import { binaryDigits } from "./dataset.ts";
import { imageCoder } from "./net.ts";

const BATCH_SIZE = 128;
const STEPS = 8000;
const RATE = 2e-3;
const LATENTS = 20;

/** On the digits of MNIST's files. */
export const vae: Example = async (options, workspace, emit) => {
  const { files, seed, resume = false, signal, steps = STEPS } = options;
  const [trainSet, testSet] = [
    await binaryDigits(files, "train"),
    await binaryDigits(files, "test"),
  ];
  await emit(`${(await init()).adapter}; ${trainSet.size} images, ${testSet.size} to test`);
  setSeed(seed);
  const { encoder, decoder } = imageCoder(LATENTS);
  const parts = { encoder, decoder, likelihood: bernoulliLikelihood };
  const testData = new DataLoader(testSet, { batchSize: 500 });
  const mean = new Mean("nats");
  const nats: Metric<[Tensor, Tensor]> = {
    ...{ name: mean.name, reset: () => mean.reset(), result: () => mean.result() },
    update: (losses) => mean.update(losses),
  };
  const bound = (images: Tensor): Tensor => variationalLosses(parts, images).loss;
  const evaluate = async () => {
    const sample = new Sample({ count: 100 });
    const generator = (z: Tensor): Tensor => decoder(z).sigmoid().reshape([-1, 28, 28, 1]);
    const data = noiseFeed({ size: LATENTS, batchSize: 100, seed: 1 });
    const { width, height, data: pixels } = imageGrid(await sample({ generator, data }), 10);
    await workspace.write("samples.png", await encodePng({ width, height, pixels }));
    await emit({ type: "image", name: "made", width, height, pixels });
    return new Evaluate()({ model: bound, data: testData, metrics: [nats], labels: "inputs" });
  };
  const train = new VAETrain({
    ...{ steps, workspace, resume, logEvery: 100, evaluateEvery: 1000 },
  });
  const data = new DataLoader(trainSet, { batchSize: BATCH_SIZE, shuffle: true, seed });
  const optimizer = new Adam();
  const schedule = cosineDecay({ initial: RATE, steps, final: RATE / 100 });
  const run = train.run(
    { ...parts, optimizer, schedule, data, evaluate },
    { ...(signal && { signal }) },
  );
  for await (const event of run) {
    if (event.type === "step")
      await emit({ type: "curve", step: event.step, values: event.losses });
    if (event.type !== "evaluation") continue;
    await emit({ type: "goal", name: "nats", value: event.metrics.nats ?? NaN });
  }
};
