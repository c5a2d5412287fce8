// The MLP with TF.js as most use it: the whole package and its layers, on WebGPU.

import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-webgpu";

export async function train(inputs, labels, steps) {
  await tf.setBackend("webgpu");
  await tf.ready();
  const dense = (options) => tf.layers.dense(options);
  const model = tf.sequential({
    layers: [
      dense({ units: 256, activation: "relu", inputShape: [784] }),
      dense({ units: 128, activation: "relu" }),
      dense({ units: 10, activation: "softmax" }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(1e-3), loss: "categoricalCrossentropy" });
  const [x, y] = [tf.tensor(inputs, [128, 784]), tf.tensor(labels, [128, 10])];
  await model.fit(x, y, { epochs: steps });
}
