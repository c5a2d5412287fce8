// jax-js, whole functions jitted. Its convolutions want channels first: operands are laid out so
// once, before anything is timed.

import {
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  valueAndGrad,
  vjp,
} from "@jax-js/jax";

/** Axes of channels-last data moved to where jax-js wants them. */
const LAYOUTS = {
  conv2d: { x: [0, 3, 1, 2], w: [3, 2, 0, 1], y: [0, 3, 1, 2] },
  depthwise: { x: [0, 3, 1, 2], w: [2, 3, 0, 1], y: [0, 3, 1, 2] },
};

const same = (x, w, groups = 1) =>
  lax.convGeneralDilated(x, w, [1, 1], "SAME", { featureGroupCount: groups });

function normalize(x, axes, scale, offset) {
  const mean = np.mean(x.ref, axes, { keepdims: true });
  const centered = x.sub(mean);
  const variance = np.mean(np.square(centered.ref), axes, { keepdims: true });
  return centered
    .div(np.sqrt(variance.add(1e-5)))
    .mul(scale)
    .add(offset);
}

const OPS = {
  conv2d: (_, x, w) => same(x, w),
  depthwise: (_, x, w) => same(x, w, 64),
  batchNorm: (_, x, scale, offset) => normalize(x, [0, 1, 2], scale, offset),
  layerNorm: (_, x, scale, offset) => nn.standardize(x, -1).mul(scale).add(offset),
  softmax: (_, x) => nn.softmax(x, -1),
  attention: (_, q, k, v) => {
    const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / 8);
    return np.matmul(nn.softmax(scores, -1), v);
  },
  embedding: (ids, w) => np.take(w, ids, 0),
  lstm: (_, x, h, c, wx, wh, b) => {
    const gates = np.matmul(x, wx).add(np.matmul(h, wh)).add(b);
    const [i, f, g, o] = np.split(gates, 4, 1);
    const cell = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)));
    return [nn.sigmoid(o).mul(np.tanh(cell.ref)), cell];
  },
};

let device;

export default {
  name: "jax",
  async init() {
    await init("webgpu");
    defaultDevice("webgpu");
    device = getWebGPUDevice();
  },
  sync: () => device.queue.onSubmittedWorkDone(),
  async prepare({ op, inputs, cotangents, ids }) {
    const layout = LAYOUTS[op];
    const load = async ({ name = "y", shape, data }) => {
      const plain = np.array(data).reshape(shape);
      const x = layout === undefined ? plain : plain.transpose(layout[name]).add(0);
      return x.blockUntilReady();
    };
    const operands = await Promise.all(inputs.map(load));
    const dys = await Promise.all(cotangents.map(load));
    const places = ids && np.array(ids);
    const outputs = (...xs) => [OPS[op](places?.ref, ...xs)].flat();
    const forward = jit(outputs);
    const gradient = jit((...all) => {
      const [xs, cts] = [all.slice(0, operands.length), all.slice(operands.length)];
      if (cts.length > 1) {
        const joined = (...x) => {
          const terms = outputs(...x).map((y, i) => np.sum(y.mul(cts[i])));
          return terms.reduce((a, b) => a.add(b));
        };
        const argnums = xs.map((_, i) => i);
        const [total, grads] = valueAndGrad(joined, { argnums })(...xs);
        return [...grads, total];
      }
      const [y, back] = vjp((...x) => outputs(...x)[0], xs);
      const grads = back(cts[0]);
      back.dispose();
      return [...grads, y]; // a step needs the result too: it may not be left out
    });
    const phase = (f, args) => {
      const call = () => f(...args.map((x) => x.ref));
      return {
        // Nothing runs before somebody reads; this submits without reading.
        run: () => call().forEach((y) => y.gpuBufferSync()),
        read: () => Promise.all(call().map((y) => y.data())),
      };
    };
    return { forward: phase(forward, operands), gradient: phase(gradient, [...operands, ...dys]) };
  },
};
