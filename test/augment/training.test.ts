// Augmentation as a part of training: a run that was stopped and resumed gives the bits of one that was not.

import { expect, test } from "vitest";
import { setSeed } from "../../src/index.ts";
import { chain, mixup, randomCrop, randomFlip } from "../../src/augment/index.ts";
import { DataLoader, drawnDigits } from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Flatten, Linear, Sequential } from "../../src/nn/index.ts";
import { SGD } from "../../src/optimizers/index.ts";
import { SupervisedTrain } from "../../src/scenarios/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";

const digits = drawnDigits({ count: 32, seed: 1, size: 8 });

async function trained(steps: number, workspace?: MemoryWorkspace) {
  setSeed(4);
  const change = chain(randomCrop({ padding: 1 }), randomFlip());
  const mix = mixup({ classes: 10 });
  const seen: (readonly number[])[] = [];
  const model = new Sequential([new Flatten(), new Linear(10)]);
  await new SupervisedTrain({ steps, ...(workspace && { workspace, resume: true }) })({
    model,
    augment: (x, y) => mix(change(x), y),
    optimizer: new SGD({ learningRate: 0.1 }),
    loss(outputs, labels) {
      seen.push(labels.shape);
      return crossEntropy(outputs, labels);
    },
    data: new DataLoader(digits, { batchSize: 8, shuffle: true }),
  });
  expect(seen[0]).toEqual([8, 10]);
  return Promise.all(model.variables.map((variable) => variable.data()));
}

test("the random state is a part of the run's", async () => {
  const whole = await trained(6);
  const workspace = new MemoryWorkspace();
  await trained(3, workspace);
  expect(await trained(6, workspace)).toEqual(whole);
});
