// TF.js on WebGPU: the layers written with its ops.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";

async function variables() {
  const list = await (await fetch("/net.json")).json();
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return list.map(({ name, shape, data }) => {
    return { name, value: tf.tensor(new Float32Array(bytesOf(data).buffer), shape) };
  });
}

export async function predict(image) {
  await tf.setBackend("webgpu");
  await tf.ready();
  const list = await variables();
  // Layer by layer, the bias before the weights.
  const layers = list.flatMap(({ value: b }, i) => (i % 2 === 0 ? [[list[i + 1].value, b]] : []));
  const logits = tf.tidy(() => {
    const blocks = tf.transpose(tf.reshape(tf.tensor(image), [1, 14, 2, 14, 2]), [0, 1, 3, 2, 4]);
    let h = tf.mul(tf.sub(tf.reshape(blocks, [1, 14, 14, 4]), 0.3), 3);
    [1, 2, 1].forEach((stride, i) => {
      const [w, b] = layers[i];
      h = tf.relu(tf.add(tf.conv2d(h, w, stride, "same"), b));
    });
    const [hidden, last] = layers.slice(3);
    h = tf.relu(tf.add(tf.matMul(tf.reshape(h, [1, 3136]), hidden[0]), hidden[1]));
    return tf.add(tf.matMul(h, last[0]), last[1]);
  });
  return logits.data();
}
