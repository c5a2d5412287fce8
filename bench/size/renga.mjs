// The MLP with Renga.

import { Variable, compile, init, matmul, tensor, zeros } from "../../dist/index.js";
import { crossEntropy } from "../../dist/losses/index.js";
import { Adam } from "../../dist/optimizers/index.js";

export async function train(inputs, labels, steps) {
  await init();
  const sizes = [[784, 256], [256], [256, 128], [128], [128, 10], [10]];
  const variables = sizes.map((shape) => new Variable(zeros(shape)));
  const [w0, b0, w1, b1, w2, b2] = variables;
  const optimizer = new Adam({ learningRate: 1e-3 });
  const step = compile((x, y) =>
    optimizer.minimize(() => {
      const first = matmul(x, w0, { bias: b0, activation: "relu" });
      const second = matmul(first, w1, { bias: b1, activation: "relu" });
      return crossEntropy(matmul(second, w2, { bias: b2 }), y);
    }, variables),
  );
  const x = tensor(inputs, { shape: [128, 784] });
  const y = tensor(labels, { shape: [128, 10] });
  for (let i = 0; i < steps; i++) console.log(await step(x, y).item());
}
