// A variational autoencoder learns a code of digits, and makes digits out of codes.

import { type Tensor, init, scope, setSeed, tensor } from "../../src/index.ts";
import { DataLoader, imageGrid, noiseFeed } from "../../src/data/index.ts";
import { Mean, type Metric } from "../../src/metrics/index.ts";
import { Adam, cosineDecay } from "../../src/optimizers/index.ts";
import { Evaluate, Sample, VAETrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { encodePng } from "../png.ts";
import { binaryDigits } from "./dataset.ts";
import { bound, pixelLikelihood } from "./loss.ts";
import { imageCoder } from "./net.ts";

const RATE = 2e-3;

const USUAL = {
  ...{ latents: 20, hidden: 400, batchSize: 128, steps: 8000 },
  ...{ logEvery: 100, evaluateEvery: 1000 },
};
const QUICK = {
  ...{ latents: 2, hidden: 200, batchSize: 64, steps: 3000 },
  ...{ logEvery: 10, evaluateEvery: 100 },
};

/** On the digits of MNIST's files. It answers "decode": a code, to the brightness of 28 × 28 pixels. */
export const vae: Example = async (options, workspace, emit) => {
  const { seed, resume = false, signal, quick = false, offer } = options;
  const { latents, hidden, batchSize, ...usual } = quick ? QUICK : USUAL;
  const steps = options.steps ?? usual.steps;
  const files = quick ? undefined : options.files;
  const [trainSet, testSet] = [
    await binaryDigits(files, "train"),
    await binaryDigits(files, "test"),
  ];
  await emit(`${(await init()).adapter}; ${trainSet.size} images, ${testSet.size} to test`);
  setSeed(seed);
  const coder = imageCoder(latents, hidden);
  const decode = (z: Tensor): Tensor => coder.decoder(z).sigmoid().reshape([-1, 28, 28, 1]);
  const testData = new DataLoader(testSet, { batchSize: 500 });
  const mean = new Mean("nats");
  const nats: Metric<[Tensor, Tensor]> = {
    ...{ name: mean.name, reset: () => mean.reset(), result: () => mean.result() },
    update: (losses) => mean.update(losses),
  };
  const model = (images: Tensor): Tensor => bound(coder, images);
  const evaluate = async () => {
    const data = noiseFeed({ size: latents, batchSize: 100, seed: 1 });
    const made = await new Sample({ count: 100 })({ generator: decode, data });
    const { width, height, data: pixels } = imageGrid(made, 10);
    await workspace.write("samples.png", await encodePng({ width, height, pixels }));
    await emit({ type: "image", name: "made", width, height, pixels });
    return new Evaluate()({ model, data: testData, metrics: [nats], labels: "inputs" });
  };
  offer?.("decode", async (code) => {
    const image = scope(() => decode(tensor(code, { shape: [1, latents] })));
    const pixels = (await image.data()) as Float32Array;
    image.dispose();
    return pixels;
  });
  const train = new VAETrain({ ...usual, steps, workspace, resume });
  const parts = {
    ...{ ...coder, likelihood: pixelLikelihood, evaluate },
    optimizer: new Adam(),
    schedule: cosineDecay({ initial: RATE, steps, final: RATE / 100 }),
    data: new DataLoader(trainSet, { batchSize, shuffle: true, seed }),
  };
  for await (const event of train.run(parts, { ...(signal && { signal }) })) {
    if (event.type === "step")
      await emit({ type: "curve", step: event.step, values: event.losses });
    if (event.type !== "evaluation") continue;
    await emit({ type: "goal", name: "nats", value: event.metrics.nats ?? NaN });
  }
};
