// How far made digits are from real ones: to a network that tells digits apart, or to a coarse eye.

import { type Tensor, avgPool, scope } from "../../src/index.ts";
import {
  DataLoader,
  type Dataset,
  type HostArray,
  dataset,
  sliceExamples,
  toTensor,
} from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { FrechetDistance } from "../../src/metrics/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { Predict, SupervisedTrain } from "../../src/scenarios/index.ts";
import { ConvNet } from "../images/net.ts";

/** Steps that the network is trained for. */
const STEPS = 400;

/** Gives the Fréchet distance of images from real ones, in features of theirs. */
export type Judge = (made: HostArray) => Promise<number>;

/**
 * Trains a network on real digits to judge made ones, between −1 and 1, by its last hidden features.
 *
 * @param data   images in bytes, and labels.
 * @param count  how many of the images, the first ones, others are compared with.
 */
export async function judgeOf(data: Dataset, count: number, seed: number): Promise<Judge> {
  const net = new ConvNet();
  await new SupervisedTrain({ steps: STEPS })({
    ...{ model: net, loss: crossEntropy, optimizer: new Adam({ learningRate: 1e-3 }) },
    data: new DataLoader(data, { batchSize: 64, shuffle: true, seed }),
  });
  return judgeBy((x) => net.features(x.reshape([-1, 28, 28])), data, count);
}

/** Judges by the brightness of 7 × 7 parts of an image, without a network. */
export function coarseJudge(data: Dataset, count: number): Promise<Judge> {
  const parts = (x: Tensor): Tensor => avgPool(x, (x.shape[1] as number) / 7);
  return judgeBy((x) => parts(x).reshape([-1, 49]), data, count);
}

async function judgeBy(
  features: (images: Tensor) => Tensor,
  data: Dataset,
  count: number,
): Promise<Judge> {
  const featuresOf = async (images: Dataset, scaled: (x: Tensor) => Tensor): Promise<HostArray> => {
    const model = (x: Tensor): Tensor => features(scaled(x));
    const { outputs } = await new Predict({ batchSize: 500 })({ model, data: images });
    return outputs as HostArray;
  };
  const real = await featuresOf(sliceExamples(data, 0, count), (x) => x);
  return async (made) => {
    const found = await featuresOf(dataset({ inputs: made }), (x) => x.add(1).div(2));
    const metric = new FrechetDistance();
    scope(() => metric.update(toTensor(found), toTensor(real)));
    return metric.result();
  };
}
