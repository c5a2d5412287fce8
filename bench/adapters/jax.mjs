// jax-js, eager or each function jitted whole. Every array argument is consumed; `.ref` keeps it.
// Its convolutions want channels first.

import {
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  lax,
  numpy as np,
  nn,
  tree,
  valueAndGrad,
  vjp,
} from "@jax-js/jax";
import { ADAM, models, uniform } from "../models.mjs";
import { causalMask } from "./causalMask.mjs";
import {
  permute,
  toChannelsFirst,
  toChannelsLast,
  toOutputFirst,
  toOutputLast,
} from "./layouts.mjs";

let device;

const array = (data, shape) => np.array(data).reshape(shape);
const sync = () => device.queue.onSubmittedWorkDone();

/** Sends an array's kernels, which otherwise happens only when something is read. Consumes it. */
const send = (x) => void x.gpuBufferSync();

/** Parameters by name, for the nets below. */
const named = (params) =>
  Object.fromEntries(params.map(([name, shape, data]) => [name, array(data, shape)]));

const crossEntropy = (y, logits) => np.mean(np.sum(y.mul(nn.logSoftmax(logits, -1)), -1)).mul(-1);

/**
 * One update. `steps` is [t − 1, t]: outside jit, arrays of equal elements become constants in the WGSL,
 * so that a plain counter would compile anew at every step.
 */
function adam(params, grads, [ms, vs], steps) {
  const [next, nextM, nextV] = [{}, {}, {}];
  const t = steps.slice([0, 1]);
  const correction = (beta, count) => np.subtract(1, np.exp(count.mul(Math.log(beta))));
  const [c1, c2] = [correction(ADAM.beta1, t.ref), correction(ADAM.beta2, t)];
  for (const name of Object.keys(params)) {
    const m = ms[name].mul(ADAM.beta1).add(grads[name].ref.mul(1 - ADAM.beta1));
    const v = vs[name].mul(ADAM.beta2).add(np.square(grads[name]).mul(1 - ADAM.beta2));
    [nextM[name], nextV[name]] = [m.ref, v.ref];
    const scale = np.sqrt(v.div(c2.ref)).add(ADAM.epsilon);
    next[name] = params[name].sub(m.div(c1.ref).div(scale).mul(ADAM.learningRate));
  }
  c1.dispose();
  c2.dispose();
  return [next, nextM, nextV];
}

function trainer({ params, batch, loss: lossOf }, wrap) {
  const zeros = () => tree.map((x) => np.zeros(x.shape), params);
  let [p, m, v, t] = [params, zeros(), zeros(), np.array([0, 1])];
  const step = wrap((ps, ms, vs, count, ...rest) => {
    const [value, grads] = valueAndGrad(lossOf)(tree.ref(ps), ...rest);
    const after = count.add(1);
    return [value, ...adam(ps, grads, [ms, vs], after.ref), after];
  });
  let loss;
  const leaves = () => [p, m, v].flatMap((group) => tree.leaves(group));
  return {
    run() {
      loss?.dispose();
      [loss, p, m, v, t] = step(p, m, v, t, ...batch.map((x) => x.ref));
    },
    sync,
    async loss() {
      const [value] = await loss.ref.data();
      // Eager arrays are lazy: without this the update would be left for the next step.
      if (wrap !== jit) await Promise.all(leaves().map((x) => x.blockUntilReady()));
      return value;
    },
    dispose() {
      for (const x of [loss, t, ...leaves(), ...batch]) x?.dispose();
      step.dispose?.();
    },
  };
}

function mlp(options) {
  const { B, dims, params, x, y } = models.mlp(options);
  return {
    params: named(params),
    batch: [array(x, [B, dims[0]]), array(y, [B, 10])],
    loss(p, input, labels) {
      const first = nn.relu(np.matmul(input, p.w0).add(p.b0));
      const second = nn.relu(np.matmul(first, p.w1).add(p.b1));
      return crossEntropy(labels, np.matmul(second, p.w2).add(p.b2));
    },
  };
}

function cnn() {
  const { B, params, x, y } = models.cnn();
  const data = Object.fromEntries(params.map(([name, , values]) => [name, values]));
  const dense = permute(data.w, [14, 14, 64, 10], [2, 0, 1, 3]);
  const bias = (b) => b.reshape([1, -1, 1, 1]);
  return {
    params: {
      ...named(params),
      k0: array(toOutputFirst(data.k0, [3, 3, 1, 32]), [32, 1, 3, 3]),
      k1: array(toOutputFirst(data.k1, [3, 3, 32, 64]), [64, 32, 3, 3]),
      w: array(dense, [12544, 10]),
    },
    batch: [array(x, [B, 1, 28, 28]), array(y, [B, 10])],
    loss(p, input, labels) {
      const first = nn.relu(lax.conv(input, p.k0, [1, 1], "SAME").add(bias(p.c0)));
      const second = nn.relu(lax.conv(first, p.k1, [2, 2], "SAME").add(bias(p.c1)));
      return crossEntropy(labels, np.matmul(second.reshape([B, 12544]), p.w).add(p.b));
    },
  };
}

function gelu(u) {
  const cubic = u.ref.mul(u.ref).mul(u.ref).mul(0.044715);
  const inner = u.ref.add(cubic).mul(0.7978845608028654);
  return u.mul(0.5).mul(np.tanh(inner).add(1));
}

function transformer() {
  const { B, T, D, H, eps: epsilon, params, x, t } = models.transformer();
  const n = B * T;
  const norm = (a, g, b) => nn.standardize(a, -1, { epsilon }).mul(g).add(b);
  const heads = (a) => a.reshape([B, T, H, D / H]).transpose([0, 2, 1, 3]);
  return {
    params: named(params),
    batch: [array(x, [n, D]), array(t, [n, D]), array(causalMask(T), [T, T])],
    loss(p, input, target, mask) {
      const qkv = np.matmul(norm(input.ref, p.g1, p.n1), p.wqkv).add(p.bqkv);
      const [q, k, v] = np.split(qkv, 3, -1).map(heads);
      const products = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(D / H));
      const attended = np.matmul(nn.softmax(products.add(mask), -1), v);
      const joined = attended.transpose([0, 2, 1, 3]).reshape([n, D]);
      const y = input.add(np.matmul(joined, p.wo).add(p.bo));
      const hidden = gelu(np.matmul(norm(y.ref, p.g2, p.n2), p.w1).add(p.b1));
      const z = y.add(np.matmul(hidden, p.w2).add(p.b2));
      return np.mean(np.square(z.sub(target)));
    },
  };
}

function lstm(options) {
  const { B, T, I, Hd, params, x, y } = models.lstm(options);
  return {
    params: named(params),
    batch: [array(x, [T * B, I]), array(y, [B, 10])],
    loss(p, input, labels) {
      const inputs = np.split(np.matmul(input, p.wx).add(p.bg), T, 0);
      let [h, c] = [np.zeros([B, Hd]), np.zeros([B, Hd])];
      for (const xt of inputs) {
        const [i, f, g, o] = np.split(xt.add(np.matmul(h, p.wh.ref)), 4, 1);
        const kept = nn.sigmoid(f).mul(c);
        c = kept.add(nn.sigmoid(i).mul(np.tanh(g)));
        h = nn.sigmoid(o).mul(np.tanh(c.ref));
      }
      c.dispose();
      p.wh.dispose();
      return crossEntropy(labels, np.matmul(h, p.wd).add(p.bd));
    },
  };
}

const NETS = { mlp, cnn, transformer, lstm };

/** An op on fixed inputs. `after` changes what is read. */
async function simple({ op, inputs, after = (data) => data }, wrap) {
  for (const x of inputs) send(x.ref);
  const f = wrap(op);
  const call = () => f(...inputs.map((x) => x.ref));
  (await call().blockUntilReady()).dispose();
  return {
    run: () => send(call()),
    sync,
    read: async () => after(await call().data()),
    dispose() {
      for (const x of inputs) x.dispose();
      f.dispose?.();
    },
  };
}

function convOperands({ n, h, w, ci, co }) {
  const [x, k] = [uniform(1, n * h * w * ci), uniform(2, 9 * ci * co)];
  return [
    array(toChannelsFirst(x, [n, h, w, ci]), [n, ci, h, w]),
    array(toOutputFirst(k, [3, 3, ci, co]), [co, ci, 3, 3]),
  ];
}

const same = (x, k) => lax.conv(x, k, [1, 1], "SAME");

/** Forward and both gradients from a given dy; what is read is dw. */
function convGradient({ n, h, w, ci, co }, wrap) {
  const dy = toChannelsFirst(uniform(3, n * h * w * co), [n, h, w, co]);
  const inputs = [...convOperands({ n, h, w, ci, co }), array(dy, [n, co, h, w])];
  const f = wrap((x, k, cotangent) => {
    const [y, back] = vjp(same, [x, k]);
    const [dx, dk] = back(cotangent);
    back.dispose();
    return [y, dx, dk];
  });
  for (const x of inputs) send(x.ref);
  const call = () => f(...inputs.map((x) => x.ref));
  return {
    run: () => call().forEach(send),
    sync,
    async read() {
      const [y, dx, dk] = call();
      y.dispose();
      dx.dispose();
      return toOutputLast(await dk.data(), [co, ci, 3, 3]);
    },
    dispose() {
      for (const x of inputs) x.dispose();
      f.dispose?.();
    },
  };
}

/** An iteration that reads what `make(add, x, c)` computes. */
function reading({ n, scale = 1, make }, wrap) {
  const [x, c] = [array(uniform(1, n), [n]), array(uniform(2, n, scale), [n])];
  const add = wrap((a, b) => a.add(b));
  send(x.ref);
  send(c.ref);
  let last;
  return {
    async run() {
      last = await make(add, x, c).data();
    },
    sync,
    read: () => last,
    dispose() {
      x.dispose();
      c.dispose();
      add.dispose?.();
    },
  };
}

function repeatedAdds(count) {
  return (add, x, c) => {
    let y = x.ref;
    for (let i = 0; i < count; i++) y = add(y, c.ref);
    return y;
  };
}

const matrix = ({ rows, cols }, scale) => array(uniform(1, rows * cols, scale), [rows, cols]);

const OPS = {
  matmul: ({ m, k, n }) => ({
    op: (a, b) => np.matmul(a, b),
    inputs: [array(uniform(1, m * k), [m, k]), array(uniform(2, k * n), [k, n])],
  }),
  matmul_gradient: ({ m, k, n, ta, tb }) => ({
    op: (a, b) => np.matmul(ta ? a.transpose() : a, tb ? b.transpose() : b),
    inputs: [
      array(uniform(1, m * k), ta ? [k, m] : [m, k]),
      array(uniform(2, k * n), tb ? [n, k] : [k, n]),
    ],
  }),
  affine_relu: ({ rows, cols }) => ({
    op: (x, a, b) => nn.relu(x.mul(a).add(b)),
    inputs: [
      matrix({ rows, cols }),
      array(uniform(2, cols), [cols]),
      array(uniform(3, cols), [cols]),
    ],
  }),
  sum_all: (sizes) => ({ op: (x) => np.sum(x), inputs: [matrix(sizes)] }),
  sum_last: (sizes) => ({ op: (x) => np.sum(x, -1), inputs: [matrix(sizes)] }),
  softmax: (sizes) => ({ op: (x) => nn.softmax(x, -1), inputs: [matrix(sizes, 4)] }),
  conv2d: ({ n, h, w, ci, co }) => ({
    op: same,
    inputs: convOperands({ n, h, w, ci, co }),
    after: (data) => toChannelsLast(data, [n, co, h, w]),
  }),
};

/** @param wrap  what functions run as: `jit`, or as they are. */
function make(wrap) {
  const simples = Object.entries(OPS).map(([name, describe]) => {
    return [name, (sizes) => simple(describe(sizes), wrap)];
  });
  return {
    async init() {
      const backends = await init("webgpu");
      if (!backends.includes("webgpu")) throw new Error("jax-js: no WebGPU backend");
      defaultDevice("webgpu");
      device = getWebGPUDevice();
      const { vendor = "", architecture = "" } = device.adapterInfo ?? {};
      return { adapter: `${vendor} ${architecture}`.trim() };
    },
    device: () => device,
    ops: {
      ...Object.fromEntries(simples),
      conv2d_grad: (sizes) => convGradient(sizes, wrap),
      train: ({ model, opts }) => trainer(NETS[model](opts), wrap),
      readback: ({ n }) => reading({ n, make: (add, x, c) => add(x.ref, c.ref) }, wrap),
      tiny_adds: ({ n, count }) => reading({ n, scale: 1e-3, make: repeatedAdds(count) }, wrap),
    },
  };
}

export const jitted = make(jit);
export const eager = make((f) => f);
