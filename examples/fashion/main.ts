// A small residual network on images of clothes, or other data in MNIST's format.

import { type Tensor, init, setSeed } from "../../src/index.ts";
import { DataLoader, loadMnist } from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Accuracy } from "../../src/metrics/index.ts";
import { BatchNorm, Conv2D, Linear, Module } from "../../src/nn/index.ts";
import { Momentum, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import { Evaluate, SupervisedTrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";

const BATCH_SIZE = 64;
const STEPS = 1700;
const RATE = 0.05;

/** `[batch, 28, 28]` to one channel around 0, at half the size: twice two pixels are one with four. */
function prepared(images: Tensor): Tensor {
  const batch = images.shape[0] as number;
  const blocks = images.reshape([batch, 14, 2, 14, 2]).transpose([0, 1, 3, 2, 4]);
  return blocks.reshape([batch, 14, 14, 4]).sub(0.3).mul(3);
}

/** x + f(x) with two convolutions in f, each after a norm and a rectifier; x at another size if asked. */
class ResidualBlock extends Module<(x: Tensor, isTraining: boolean) => Tensor> {
  readonly norms: readonly BatchNorm[];
  readonly convs: readonly Conv2D[];
  readonly shortcut: Conv2D | undefined;

  constructor(channels: number, stride = 1) {
    super();
    const norm = (): BatchNorm => new BatchNorm(true, true, { decayRate: 0.95 });
    const conv = (size: number, stride: number): Conv2D =>
      new Conv2D(channels, size, { stride, withBias: false });
    this.norms = [norm(), norm()];
    this.convs = [conv(3, stride), conv(3, 1)];
    this.shortcut = stride > 1 ? conv(1, stride) : undefined;
  }

  forward(x: Tensor, isTraining: boolean): Tensor {
    const [norm1, norm2] = this.norms as [BatchNorm, BatchNorm];
    const [conv1, conv2] = this.convs as [Conv2D, Conv2D];
    const active = norm1(x, { isTraining }).relu();
    const inner = conv2(norm2(conv1(active), { isTraining }).relu());
    return inner.add(this.shortcut === undefined ? x : this.shortcut(active));
  }
}

/** A residual network over prepared images, `[batch, 28, 28, 1]` to ten logits. */
class ClothesNet extends Module<(x: Tensor, call?: { isTraining: boolean }) => Tensor> {
  readonly stem: Conv2D = new Conv2D(32, 3, { withBias: false });
  readonly blocks: readonly ResidualBlock[] = [
    new ResidualBlock(32),
    new ResidualBlock(64, 2),
    new ResidualBlock(64),
  ];
  readonly norm: BatchNorm = new BatchNorm(true, true, { decayRate: 0.95 });
  readonly logits: Linear = new Linear(10);

  forward(x: Tensor, { isTraining } = { isTraining: false }): Tensor {
    let h = this.stem(prepared(x)); // [batch, 14, 14, 32]
    for (const block of this.blocks) h = block(h, isTraining);
    return this.logits(this.norm(h, { isTraining }).relu().mean([1, 2]));
  }
}

export const fashion: Example = async (options, workspace, emit) => {
  const [train, test] = [
    await loadMnist(options.files, "train"),
    await loadMnist(options.files, "test"),
  ];
  await emit(`${(await init()).adapter}; ${train.size} images to train on, ${test.size} to test`);
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
    if (event.type === "step") await emit(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
    if (event.type === "evaluation") {
      await emit(`test accuracy: ${(100 * (event.metrics.accuracy ?? NaN)).toFixed(2)} %`);
    }
  }
};
