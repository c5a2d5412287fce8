// The MLP with tfjs-core alone, on WebGPU.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-backend-webgpu";

export async function train(inputs, labels, steps) {
  await tf.setBackend("webgpu");
  await tf.ready();
  const shapes = [[784, 256], [256], [256, 128], [128], [128, 10], [10]];
  const v = shapes.map((shape) => tf.variable(tf.randomNormal(shape, 0, 0.05)));
  const optimizer = tf.train.adam(1e-3);
  const [x, y] = [tf.tensor(inputs, [128, 784]), tf.tensor(labels, [128, 10])];
  const dense = (a, i) => tf.add(tf.matMul(a, v[i]), v[i + 1]);
  const logits = () => dense(tf.relu(dense(tf.relu(dense(x, 0)), 2)), 4);
  const lossOf = () => tf.losses.softmaxCrossEntropy(y, logits());
  for (let i = 0; i < steps; i++) {
    const loss = optimizer.minimize(lossOf, true, v);
    console.log((await loss.data())[0]);
    loss.dispose();
  }
}
