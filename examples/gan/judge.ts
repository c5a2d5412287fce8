// How far made digits are from real ones, to a network that tells digits apart.

import { type Tensor, scope } from "../../src/index.ts";
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

/** Gives the Fréchet distance of images from real ones, in the last hidden features of a network. */
export type Judge = (made: HostArray) => Promise<number>;

/**
 * Trains a network on real digits to judge made ones, between −1 and 1, by.
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
  const featuresOf = async (images: Dataset, scaled: (x: Tensor) => Tensor): Promise<HostArray> => {
    const model = (x: Tensor): Tensor => net.features(scaled(x).reshape([-1, 28, 28]));
    const { outputs } = await new Predict({ batchSize: 500 })({ model, data: images });
    return outputs as HostArray;
  };
  const real = await featuresOf(sliceExamples(data, 0, count), (x) => x);
  return async (made) => {
    const features = await featuresOf(dataset({ inputs: made }), (x) => x.add(1).div(2));
    const metric = new FrechetDistance();
    scope(() => metric.update(toTensor(features), toTensor(real)));
    return metric.result();
  };
}
