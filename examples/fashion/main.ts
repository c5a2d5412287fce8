// A small residual network on images of clothes, or other data in MNIST's format.

import { type Tensor, init, setSeed } from "../../src/index.ts";
import { DataLoader, loadMnist } from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Accuracy } from "../../src/metrics/index.ts";
import { Module, ResNet } from "../../src/nn/index.ts";
import { Momentum, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import { Evaluate, SupervisedTrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";

const BATCH_SIZE = 64;
const STEPS = 2800;
const RATE = 0.05;

/** `[batch, 28, 28]` to one channel around 0, at half the size: twice two pixels are one with four. */
function prepared(images: Tensor): Tensor {
  const batch = images.shape[0] as number;
  const blocks = images.reshape([batch, 14, 2, 14, 2]).transpose([0, 1, 3, 2, 4]);
  return blocks.reshape([batch, 14, 14, 4]).sub(0.3).mul(3);
}

/** A residual network over prepared images, `[batch, 28, 28]` to ten logits. */
class ClothesNet extends Module<(x: Tensor, call?: { isTraining: boolean }) => Tensor> {
  readonly net: ResNet = new ResNet([1, 1, 1, 1], 10, {
    resnetV2: true,
    channelsPerGroupList: [32, 64, 64, 128],
    bnConfig: { decayRate: 0.95 },
  });

  forward(x: Tensor, call: { isTraining: boolean } = { isTraining: false }): Tensor {
    return this.net(prepared(x), call);
  }
}

export const fashion: Example = async (options, workspace, emit) => {
  const [train, test] = [
    await loadMnist(options.files, "train"),
    await loadMnist(options.files, "test"),
  ];
  emit(`${(await init()).adapter}; ${train.size} images to train on, ${test.size} to test`);
  setSeed(options.seed);
  const model = new ClothesNet();
  const steps = options.steps ?? STEPS;
  const data = new DataLoader(train, { batchSize: BATCH_SIZE, shuffle: true, seed: options.seed });
  const testData = new DataLoader(test, { batchSize: 250 });
  const scenario = new SupervisedTrain({ steps, workspace, logEvery: 50, evaluateEvery: 700 });
  const run = scenario.run({
    model,
    forward: (x) => model(x, { isTraining: true }),
    optimizer: new Momentum({
      learningRate: RATE,
      momentum: 0.9,
      useNesterov: true,
      weightDecay: 5e-4,
    }),
    schedule: warmup(cosineDecay({ initial: RATE, steps }), 100),
    loss: crossEntropy,
    data,
    evaluate: () => new Evaluate()({ model, data: testData, metrics: [new Accuracy()] }),
  });
  for await (const event of run) {
    if (event.type === "step") emit(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
    if (event.type === "evaluation") {
      emit(`test accuracy: ${(100 * (event.metrics.accuracy ?? NaN)).toFixed(2)} %`);
    }
  }
};
