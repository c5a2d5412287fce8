// TensorFlow.js on WebGPU: its own ops where it has them, compositions where it has not.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-core/dist/register_all_gradients";

function normalize(x, axes, scale, offset) {
  const { mean, variance } = tf.moments(x, axes, true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(scale).add(offset);
}

const OPS = {
  conv2d: (_, x, w) => tf.conv2d(x, w, 1, "same"),
  depthwise: (_, x, w) => tf.depthwiseConv2d(x, w, 1, "same"),
  batchNorm: (_, x, scale, offset) => normalize(x, [0, 1, 2], scale, offset),
  layerNorm: (_, x, scale, offset) => normalize(x, [-1], scale, offset),
  softmax: (_, x) => tf.softmax(x),
  attention: (_, q, k, v) => {
    const weights = tf.softmax(tf.matMul(q, k, false, true).mul(1 / 8));
    return tf.matMul(weights, v);
  },
  embedding: (ids, w) => tf.gather(w, ids),
  lstm: (_, x, h, c, wx, wh, b) => {
    const gates = tf.matMul(x, wx).add(tf.matMul(h, wh)).add(b);
    const [i, f, g, o] = tf.split(gates, 4, 1);
    const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(cell.tanh()), cell];
  },
};

let backend;

export default {
  name: "tfjs",
  async init() {
    await tf.setBackend("webgpu");
    await tf.ready();
    backend = tf.backend();
  },
  async sync() {
    if (backend.computePassEncoder) backend.endComputePassEncoder();
    if (backend.commandEncoder) backend.submitQueue();
    await backend.queue.onSubmittedWorkDone();
  },
  prepare({ op, inputs, cotangents, ids }) {
    const operands = inputs.map(({ shape, data }) => tf.tensor(data, shape));
    const dys = cotangents.map(({ shape, data }) => tf.tensor(data, shape));
    const places = ids && tf.tensor1d(ids, "int32");
    const outputs = (...xs) => [OPS[op](places, ...xs)].flat();
    const joined = (...xs) => {
      const ys = outputs(...xs);
      return ys.map((y, i) => y.mul(dys[i]).sum()).reduce((a, b) => a.add(b));
    };
    const derive = tf.grads(dys.length === 1 ? (...xs) => outputs(...xs)[0] : joined);
    const gradients = () => (dys.length === 1 ? derive(operands, dys[0]) : derive(operands));
    const phase = (body) => ({
      run: () => tf.dispose(tf.tidy(body)),
      read: () => Promise.all(tf.tidy(body).map((y) => y.data())),
    });
    return { forward: phase(() => outputs(...operands)), gradient: phase(gradients) };
  },
};
