// Learns to tell images in MNIST's format apart: digits, clothes, or one's own.

import { UsageError, init, setSeed } from "../../src/index.ts";
import { DataLoader, loadMnist } from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Accuracy } from "../../src/metrics/index.ts";
import {
  Adam,
  Momentum,
  type Optimizer,
  type Schedule,
  cosineDecay,
  warmup,
} from "../../src/optimizers/index.ts";
import { Evaluate, SupervisedTrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { ConvNet, type ImageNet, ResidualNet } from "./net.ts";

const BATCH_SIZE = 64;

/** A network, and how it is trained. */
interface Recipe {
  readonly net: () => ImageNet;
  readonly optimizer: (learningRate: number) => Optimizer;
  readonly steps: number;
  readonly rate: number;
}

const RECIPES: Readonly<Record<string, Recipe>> = {
  residual: {
    net: () => new ResidualNet(),
    optimizer: (learningRate) =>
      new Momentum({ learningRate, momentum: 0.9, useNesterov: true, weightDecay: 5e-4 }),
    steps: 1700,
    rate: 0.05,
  },
  plain: {
    net: () => new ConvNet(),
    optimizer: (learningRate) => new Adam({ learningRate }),
    steps: 2800,
    rate: 2e-3,
  },
};

/** `--net residual` (default) or `plain`. */
export const images: Example = async (options, workspace, emit) => {
  const { files, seed, resume = false, signal, net = "residual" } = options;
  const recipe = RECIPES[net];
  if (recipe === undefined) {
    const wanted = `--net must be ${Object.keys(RECIPES).join(" or ")}`;
    throw new UsageError("images", wanted, { got: net });
  }
  const [train, test] = [await loadMnist(files, "train"), await loadMnist(files, "test")];
  await emit(`${(await init()).adapter}; ${train.size} images to train on, ${test.size} to test`);
  setSeed(seed);
  const model = recipe.net();
  const steps = options.steps ?? recipe.steps;
  const schedule: Schedule = warmup(cosineDecay({ initial: recipe.rate, steps }), 100);
  const testData = new DataLoader(test, { batchSize: 250 });
  const scenario = new SupervisedTrain({
    ...{ steps, workspace, resume, logEvery: 50, evaluateEvery: 700 },
  });
  const run = scenario.run(
    {
      model,
      forward: (x) => model(x, { isTraining: true }),
      optimizer: recipe.optimizer(recipe.rate),
      schedule,
      loss: crossEntropy,
      data: new DataLoader(train, { batchSize: BATCH_SIZE, shuffle: true, seed }),
      evaluate: () => new Evaluate()({ model, data: testData, metrics: [new Accuracy()] }),
    },
    { ...(signal && { signal }) },
  );
  for await (const event of run) {
    if (event.type === "step") {
      await emit({ type: "curve", step: event.step, values: { loss: event.loss } });
    }
    if (event.type === "evaluation") {
      await emit({ type: "goal", name: "accuracy", value: event.metrics.accuracy ?? NaN });
    }
  }
};
