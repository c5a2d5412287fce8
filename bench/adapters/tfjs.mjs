// TensorFlow.js through tfjs-core, one factory for its three backends. NHWC.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { ADAM, models, uniform } from "../models.mjs";
import { causalMask } from "./causalMask.mjs";

const crossEntropy = (y, logits) => tf.losses.softmaxCrossEntropy(y, logits);

const variables = (params) =>
  Object.fromEntries(
    params.map(([name, shape, data]) => [name, tf.variable(tf.tensor(data, shape))]),
  );

function mlp(options) {
  const { B, dims, params, x, y } = models.mlp(options);
  const v = variables(params);
  const batch = [tf.tensor(x, [B, dims[0]]), tf.tensor(y, [B, 10])];
  const loss = () => {
    const first = batch[0].matMul(v.w0).add(v.b0).relu();
    const second = first.matMul(v.w1).add(v.b1).relu();
    return crossEntropy(batch[1], second.matMul(v.w2).add(v.b2));
  };
  return { v, batch, loss };
}

function cnn() {
  const { B, params, x, y } = models.cnn();
  const v = variables(params);
  const batch = [tf.tensor(x, [B, 28, 28, 1]), tf.tensor(y, [B, 10])];
  const loss = () => {
    const first = tf.conv2d(batch[0], v.k0, 1, "same").add(v.c0).relu();
    const second = tf.conv2d(first, v.k1, 2, "same").add(v.c1).relu();
    return crossEntropy(batch[1], second.reshape([B, 12544]).matMul(v.w).add(v.b));
  };
  return { v, batch, loss };
}

function layerNorm(a, { scale, offset, epsilon }) {
  const centered = a.sub(a.mean(-1, true));
  const variance = centered.square().mean(-1, true);
  return centered.mul(variance.add(epsilon).rsqrt()).mul(scale).add(offset);
}

function gelu(u) {
  const inner = u.add(u.mul(u).mul(u).mul(0.044715)).mul(0.7978845608028654);
  return u.mul(0.5).mul(inner.tanh().add(1));
}

function transformer() {
  const { B, T, D, H, eps: epsilon, params, x, t } = models.transformer();
  const [n, v] = [B * T, variables(params)];
  const batch = [tf.tensor(x, [n, D]), tf.tensor(t, [n, D]), tf.tensor(causalMask(T), [T, T])];
  const [input, target, mask] = batch;
  const heads = (a) => a.reshape([B, T, H, D / H]).transpose([0, 2, 1, 3]);
  const loss = () => {
    const normed = layerNorm(input, { scale: v.g1, offset: v.n1, epsilon });
    const [q, k, values] = tf.split(normed.matMul(v.wqkv).add(v.bqkv), 3, -1).map(heads);
    const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(D / H));
    const attended = tf.matMul(tf.softmax(scores.add(mask)), values);
    const joined = attended.transpose([0, 2, 1, 3]).reshape([n, D]);
    const y = input.add(joined.matMul(v.wo).add(v.bo));
    const inner = layerNorm(y, { scale: v.g2, offset: v.n2, epsilon });
    const hidden = gelu(inner.matMul(v.w1).add(v.b1));
    return y.add(hidden.matMul(v.w2).add(v.b2)).sub(target).square().mean();
  };
  return { v, batch, loss };
}

function lstm(options) {
  const { B, T, I, Hd, params, x, y } = models.lstm(options);
  const v = variables(params);
  const batch = [tf.tensor(x, [T * B, I]), tf.tensor(y, [B, 10]), tf.zeros([B, Hd])];
  const loss = () => {
    const inputs = tf.unstack(
      batch[0]
        .matMul(v.wx)
        .add(v.bg)
        .reshape([T, B, 4 * Hd]),
    );
    let [h, c] = [batch[2], batch[2]];
    for (const xt of inputs) {
      const [i, f, g, o] = tf.split(xt.add(h.matMul(v.wh)), 4, 1);
      c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      h = o.sigmoid().mul(c.tanh());
    }
    return crossEntropy(batch[1], h.matMul(v.wd).add(v.bd));
  };
  return { v, batch, loss };
}

const NETS = { mlp, cnn, transformer, lstm };

/** An adam step on a net. */
async function trainer({ v, batch, loss: lossOf }, { sync, upload }) {
  const list = Object.values(v);
  await upload([...list, ...batch]);
  const { learningRate, beta1, beta2, epsilon } = ADAM;
  const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
  let loss;
  return {
    run() {
      loss?.dispose();
      loss = optimizer.minimize(lossOf, true, list);
    },
    sync,
    loss: async () => (await loss.data())[0],
    dispose() {
      for (const x of [loss, optimizer, ...list, ...batch]) x?.dispose();
    },
  };
}

/** An op on fixed inputs. */
async function simple({ op, inputs }, { sync, upload }) {
  await upload(inputs);
  let output;
  return {
    run() {
      output?.dispose();
      output = tf.tidy(() => op(...inputs));
    },
    sync,
    read: () => output.data(),
    dispose() {
      for (const x of [output, ...inputs]) x?.dispose();
    },
  };
}

/** An iteration that reads what `make(x, c)` computes. */
async function reading({ n, scale = 1, make }, { sync, upload }) {
  const [x, c] = [tf.tensor(uniform(1, n), [n]), tf.tensor(uniform(2, n, scale), [n])];
  await upload([x, c]);
  let last;
  return {
    async run() {
      const y = make(x, c);
      last = await y.data();
      y.dispose();
    },
    sync,
    read: () => last,
    dispose() {
      x.dispose();
      c.dispose();
    },
  };
}

function repeatedAdds(count) {
  return (x, c) => {
    let y = x.add(0);
    for (let i = 0; i < count; i++) {
      const next = y.add(c);
      y.dispose();
      y = next;
    }
    return y;
  };
}

const matrix = ({ rows, cols }, scale = 1) =>
  tf.tensor(uniform(1, rows * cols, scale), [rows, cols]);

function convOperands({ n, h, w, ci, co }) {
  const x = tf.tensor(uniform(1, n * h * w * ci), [n, h, w, ci]);
  return [x, tf.tensor(uniform(2, 9 * ci * co), [3, 3, ci, co])];
}

/** Forward and both gradients from a given dy; what is read is dw. */
function convGradient({ n, h, w, ci, co }) {
  const dy = tf.tensor(uniform(3, n * h * w * co), [n, h, w, co]);
  const gradients = tf.grads((x, k) => tf.conv2d(x, k, 1, "same"));
  const op = (x, k, given) => gradients([x, k], given)[1];
  return { op, inputs: [...convOperands({ n, h, w, ci, co }), dy] };
}

function matmul({ m, k, n, ta = false, tb = false }) {
  const a = tf.tensor(uniform(1, m * k), ta ? [k, m] : [m, k]);
  const b = tf.tensor(uniform(2, k * n), tb ? [n, k] : [k, n]);
  return { op: (x, y) => tf.matMul(x, y, ta, tb), inputs: [a, b] };
}

const OPS = {
  matmul,
  matmul_gradient: matmul,
  affine_relu: ({ rows, cols }) => ({
    op: (x, a, b) => x.mul(a).add(b).relu(),
    inputs: [
      matrix({ rows, cols }),
      tf.tensor(uniform(2, cols), [cols]),
      tf.tensor(uniform(3, cols), [cols]),
    ],
  }),
  sum_all: (sizes) => ({ op: (x) => x.sum(), inputs: [matrix(sizes)] }),
  sum_last: (sizes) => ({ op: (x) => x.sum(-1), inputs: [matrix(sizes)] }),
  softmax: (sizes) => ({ op: (x) => tf.softmax(x), inputs: [matrix(sizes, 4)] }),
  conv2d: (sizes) => ({
    op: (x, k) => tf.conv2d(x, k, 1, "same"),
    inputs: convOperands(sizes),
  }),
  conv2d_grad: convGradient,
};

/** What waits for the GPU and uploads ahead of time; nothing where the backend is the CPU. */
function gpuOf(backend) {
  const sync = async () => {
    // TF.js holds back up to 15 dispatches.
    if (backend.computePassEncoder) backend.endComputePassEncoder();
    if (backend.commandEncoder) backend.submitQueue();
    await backend.queue.onSubmittedWorkDone();
  };
  const upload = async (tensors) => {
    for (const { dataId } of tensors) backend.uploadToGPU(dataId);
    await sync();
  };
  return { sync, upload };
}

const idle = async () => {};

/** @param load  makes the backend of this name known. */
export function make(name, load) {
  let gpu = { sync: idle, upload: idle };
  const simples = Object.entries(OPS).map(([op, describe]) => {
    return [op, (sizes) => simple(describe(sizes), gpu)];
  });
  return {
    async init({ host }) {
      await load(host);
      if (!(await tf.setBackend(name))) throw new Error(`tfjs: no backend ${name}`);
      await tf.ready();
      const backend = tf.backend();
      if (name !== "webgpu") return { adapter: "CPU" };
      gpu = gpuOf(backend);
      const { vendor = "", architecture = "" } = backend.adapterInfo ?? {};
      return { adapter: `${vendor} ${architecture}`.trim() };
    },
    device: () => tf.backend().device,
    ops: {
      ...Object.fromEntries(simples),
      train: ({ model, opts }) => trainer(NETS[model](opts), gpu),
      readback: ({ n }) => reading({ n, make: (x, c) => x.add(c) }, gpu),
      tiny_adds: ({ n, count }) => reading({ n, scale: 1e-3, make: repeatedAdds(count) }, gpu),
    },
  };
}
