// Renga: what a user's program would do, nothing tuned. Functions run as they are, or compiled.

import * as renga from "../../dist/index.js";
import { crossEntropy } from "../../dist/losses/index.js";
import { Adam } from "../../dist/optimizers/index.js";
import { ADAM, models, uniform } from "../models.mjs";

const { GradientTape, Variable, compile, conv, flush, init, lstm, matmul, scope, tensor, zeros } =
  renga;

let gpu;

/** A device like the one that `init()` opens; the harness waits for its queue. */
async function openGpu() {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const features = ["timestamp-query", "shader-f16", "subgroups"];
  gpu = await adapter.requestDevice({
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  const { adapter: name, adapterClass } = await init({ adapter, device: gpu });
  return { adapter: name, adapterClass };
}

/** Eager and compiled share a device where they share a process. */
let opened;

const shaped = (data, shape) => tensor(data, { shape });
const sync = () => {
  flush();
  return gpu.queue.onSubmittedWorkDone();
};

/** An op on fixed inputs; each run makes its outputs anew, and what is read is the last of them. */
function simple({ op, inputs }, wrap) {
  const call = wrap(op);
  return {
    run() {
      scope(() => void call(...inputs));
      flush();
    },
    sync,
    async read() {
      const y = scope(() => [call(...inputs)].flat().at(-1).contiguous());
      const data = await y.data();
      y.dispose();
      return data;
    },
    dispose: () => inputs.forEach((input) => input.dispose()),
  };
}

/** Networks by name: the shapes of input and target, the outputs, and the loss. */
const NETS = {
  mlp: ({ B, dims }) => ({
    shapes: [
      [B, dims[0]],
      [B, dims[3]],
    ],
    net(input, [w0, b0, w1, b1, w2, b2]) {
      const first = matmul(input, w0, { bias: b0, activation: "relu" });
      const second = matmul(first, w1, { bias: b1, activation: "relu" });
      return matmul(second, w2, { bias: b2 });
    },
  }),
  cnn: ({ B, H, W }) => ({
    shapes: [
      [B, H, W, 1],
      [B, 10],
    ],
    net(input, [k0, c0, k1, c1, w, b]) {
      const first = conv(input, k0, { bias: c0 }).relu();
      const second = conv(first, k1, { bias: c1, stride: 2 }).relu();
      return matmul(second.reshape([B, -1]), w, { bias: b });
    },
  }),
  transformer: ({ B, T, D, H, eps: epsilon }) => ({
    shapes: [
      [B * T, D],
      [B * T, D],
    ],
    loss: (z, target) => z.sub(target).square().mean(),
    net(x, [g1, n1, wqkv, bqkv, wo, bo, g2, n2, w1, b1, w2, b2]) {
      const normed = renga.layerNorm(x, { scale: g1, offset: n1, epsilon });
      const heads = matmul(normed, wqkv, { bias: bqkv }).split(3, -1);
      const [q, k, v] = heads.map((a) => a.reshape([B, T, H, D / H]).transpose([0, 2, 1, 3]));
      const attended = renga.scaledDotProductAttention(q, k, v, { isCausal: true });
      const joined = attended.transpose([0, 2, 1, 3]).reshape([B * T, D]);
      const y = x.add(matmul(joined, wo, { bias: bo }));
      const inner = renga.layerNorm(y, { scale: g2, offset: n2, epsilon });
      const hidden = matmul(inner, w1, { bias: b1 }).gelu({ approximate: "tanh" });
      return y.add(matmul(hidden, w2, { bias: b2 }));
    },
  }),
  lstm: ({ B, T, I, Hd }) => ({
    shapes: [
      [T, B, I],
      [B, 10],
    ],
    net(input, [wInput, wHidden, bias, w, b]) {
      const state = { hidden: zeros([B, Hd]), cell: zeros([B, Hd]) };
      const result = lstm(input, state, { wInput, wHidden, bias });
      return matmul(result.state.hidden, w, { bias: b });
    },
  }),
};

async function train({ model, opts }, wrap) {
  const { params, x: xs, y: ys, t: ts, ...sizes } = models[model](opts);
  const { shapes, net, loss = crossEntropy } = NETS[model](sizes);
  const variables = params.map(
    ([name, shape, data]) => new Variable(shaped(data, shape), { name }),
  );
  const [x, y] = [shaped(xs, shapes[0]), shaped(ys ?? ts, shapes[1])];
  const optimizer = new Adam(ADAM);
  const step = wrap((input, target) =>
    optimizer.minimize(() => loss(net(input, variables), target), variables),
  );
  await step.prepare?.([x, y]);
  let last;
  return {
    run() {
      last?.dispose();
      last = step(x, y);
      flush();
    },
    sync,
    loss: () => last.item(),
    dispose() {
      for (const item of [x, y, last, ...variables]) item?.dispose();
    },
  };
}

function convOperands({ n, h, w, ci, co }) {
  const x = shaped(uniform(1, n * h * w * ci), [n, h, w, ci]);
  return [x, shaped(uniform(2, 9 * ci * co), [3, 3, ci, co])];
}

/** Forward, then both gradients from a given dy. */
function convGradient({ n, h, w, ci, co }) {
  const dy = shaped(uniform(3, n * h * w * co), [n, h, w, co]);
  const op = (x, k, cotangent) => {
    using tape = new GradientTape();
    tape.watch(x, k);
    const y = conv(x, k);
    return [y, ...tape.gradient(y, [x, k], cotangent)];
  };
  return { op, inputs: [...convOperands({ n, h, w, ci, co }), dy] };
}

function product({ m, k, n, ta: transposeA = false, tb: transposeB = false }) {
  const a = shaped(uniform(1, m * k), transposeA ? [k, m] : [m, k]);
  const b = shaped(uniform(2, k * n), transposeB ? [n, k] : [k, n]);
  return { op: (x, y) => matmul(x, y, { transposeA, transposeB }), inputs: [a, b] };
}

/** A matrix of `rows` × `cols` from seed 1. */
const matrix = ({ rows, cols }, scale) => shaped(uniform(1, rows * cols, scale), [rows, cols]);

const OPS = {
  matmul: product,
  matmul_gradient: product,
  affine_relu: ({ rows, cols }) => ({
    op: (x, a, b) => x.mul(a).add(b).relu(),
    inputs: [matrix({ rows, cols }), tensor(uniform(2, cols)), tensor(uniform(3, cols))],
  }),
  sum_all: (sizes) => ({ op: (x) => x.sum(), inputs: [matrix(sizes)] }),
  sum_last: (sizes) => ({ op: (x) => x.sum(-1), inputs: [matrix(sizes)] }),
  softmax: (sizes) => ({ op: (x) => x.softmax(), inputs: [matrix(sizes, 4)] }),
  conv2d: (sizes) => ({ op: (x, k) => conv(x, k), inputs: convOperands(sizes) }),
  conv2d_grad: convGradient,
};

/** An iteration that reads what `make` computes of x and c. */
function reading([x, c], make) {
  let last;
  return {
    async run() {
      const y = scope(() => make(x, c));
      last = await y.data();
      y.dispose();
    },
    sync,
    read: () => last,
    dispose: () => [x, c].forEach((input) => input.dispose()),
  };
}

function repeatedAdds(count) {
  return (x, c) => {
    let sum = x;
    for (let i = 0; i < count; i++) sum = sum.add(c);
    return sum;
  };
}

/** Single ops and their way to the host: there is nothing to compile. */
const READING = {
  readback: ({ n }) => reading([tensor(uniform(1, n)), tensor(uniform(2, n))], (x, c) => x.add(c)),
  tiny_adds: ({ n, count }) =>
    reading([tensor(uniform(1, n)), tensor(uniform(2, n, 1e-3))], repeatedAdds(count)),
};

/** @param wrap  what functions run as: `compile`, or as they are. */
function make(wrap) {
  const simples = Object.entries(OPS).map(([name, describe]) => {
    return [name, (sizes) => simple(describe(sizes), wrap)];
  });
  return {
    init: () => (opened ??= openGpu()),
    device: () => gpu,
    ops: {
      ...Object.fromEntries(simples),
      ...(wrap === compile ? {} : READING),
      train: (options) => train(options, wrap),
    },
  };
}

export const compiled = make(compile);
export const eager = make((f) => f);
