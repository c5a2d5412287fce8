// The MLP with Renga's layers.

import { compile, init, tensor } from "../../dist/index.js";
import { crossEntropy } from "../../dist/losses/index.js";
import { MLP } from "../../dist/nn/index.js";
import { Adam } from "../../dist/optimizers/index.js";

export async function train(inputs, labels, steps) {
  await init();
  const model = new MLP([256, 128, 10]);
  const optimizer = new Adam({ learningRate: 1e-3 });
  const x = tensor(inputs, { shape: [128, 784] });
  const y = tensor(labels, { shape: [128, 10] });
  model(x);
  const step = compile((images, targets) =>
    optimizer.minimize(() => crossEntropy(model(images), targets), model.trainableVariables),
  );
  for (let i = 0; i < steps; i++) console.log(await step(x, y).item());
}
