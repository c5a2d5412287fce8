// Renga as an adapter of the peers' harness: what a user's program would do, nothing tuned. Steps run
// eagerly or compiled.

import * as renga from "../dist/index.js";
import { crossEntropy } from "../dist/losses/index.js";
import { Adam } from "../dist/optimizers/index.js";
import { ADAM, models, uni } from "peers/workloads";

const { GradientTape, Variable, compile, conv, init, flush, lstm, matmul, scope, tensor, zeros } =
  renga;

let gpu;
const shaped = (data, shape) => tensor(data, { shape });
const sync = () => {
  flush();
  return gpu.queue.onSubmittedWorkDone();
};

/** An op on fixed inputs; each run makes its output anew. */
function simple(op, inputs) {
  return {
    run() {
      scope(() => void op(...inputs));
      flush();
    },
    sync,
    async read() {
      const y = scope(() => op(...inputs).contiguous());
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

function train({ model, opts }, isCompiled) {
  const { params, x: xs, y: ys, t: ts, ...sizes } = models[model](opts);
  const { shapes, net, loss = crossEntropy } = NETS[model](sizes);
  const variables = params.map(
    ([name, shape, data]) => new Variable(shaped(data, shape), { name }),
  );
  const [x, y] = [shaped(xs, shapes[0]), shaped(ys ?? ts, shapes[1])];
  const [learningRate, beta1, beta2, epsilon] = [ADAM.lr, ADAM.b1, ADAM.b2, ADAM.eps];
  const optimizer = new Adam({ learningRate, beta1, beta2, epsilon });
  const eager = (input, target) =>
    optimizer.minimize(() => loss(net(input, variables), target), variables);
  const step = isCompiled ? compile(eager) : eager;
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

/** Forward, then both input gradients from a given dy; what is read is dw. */
function convGradient({ n, h, w, ci, co }) {
  const x = shaped(uni(1, n * h * w * ci), [n, h, w, ci]);
  const k = shaped(uni(2, 9 * ci * co), [3, 3, ci, co]);
  const dy = shaped(uni(3, n * h * w * co), [n, h, w, co]);
  const gradients = () => {
    using tape = new GradientTape();
    tape.watch(x, k);
    return tape.gradient(conv(x, k), [x, k], dy)[1];
  };
  return simple(gradients, [x, k, dy]);
}

/** @param isCompiled  whether training steps are compiled. */
export const make = (isCompiled) => ({
  name: isCompiled ? "renga-compiled" : "renga-eager",
  version: "0.1.0",
  async init() {
    const adapter = await navigator.gpu.requestAdapter();
    gpu = await adapter.requestDevice();
    await init({ device: gpu, adapterClass: "software" });
    return { adapter: adapter.info.architecture };
  },
  device: () => gpu,
  ops: {
    matmul: ({ m, k, n }) =>
      simple(
        (a, b) => matmul(a, b),
        [shaped(uni(1, m * k), [m, k]), shaped(uni(2, k * n), [k, n])],
      ),
    matmul_gradient({ m, k, n, ta: transposeA = false, tb: transposeB = false }) {
      const a = shaped(uni(1, m * k), transposeA ? [k, m] : [m, k]);
      const b = shaped(uni(2, k * n), transposeB ? [n, k] : [k, n]);
      return simple((x, y) => matmul(x, y, { transposeA, transposeB }), [a, b]);
    },
    affine_relu: ({ rows, cols }) =>
      simple(
        (x, a, b) => x.mul(a).add(b).relu(),
        [shaped(uni(1, rows * cols), [rows, cols]), tensor(uni(2, cols)), tensor(uni(3, cols))],
      ),
    sum_all: ({ rows, cols }) =>
      simple((x) => x.sum(), [shaped(uni(1, rows * cols), [rows, cols])]),
    sum_last: ({ rows, cols }) =>
      simple((x) => x.sum(-1), [shaped(uni(1, rows * cols), [rows, cols])]),
    softmax: ({ rows, cols }) =>
      simple((x) => x.softmax(), [shaped(uni(1, rows * cols, 4), [rows, cols])]),
    conv2d: ({ n, h, w, ci, co }) =>
      simple(
        (x, k) => conv(x, k),
        [
          shaped(uni(1, n * h * w * ci), [n, h, w, ci]),
          shaped(uni(2, 9 * ci * co), [3, 3, ci, co]),
        ],
      ),
    conv2d_grad: convGradient,
    train: (options) => train(options, isCompiled),
    readback({ n }) {
      const [x, c] = [tensor(uni(1, n)), tensor(uni(2, n))];
      let last;
      const run = async () => {
        const y = x.add(c);
        last = await y.data();
        y.dispose();
      };
      return { run, sync, read: () => last, dispose: () => [x, c].forEach((t) => t.dispose()) };
    },
    tiny_adds({ n, count }) {
      const [x, c] = [tensor(uni(1, n)), tensor(uni(2, n, 1e-3))];
      let last;
      const run = async () => {
        const y = scope(() => {
          let sum = x;
          for (let i = 0; i < count; i++) sum = sum.add(c);
          return sum;
        });
        last = await y.data();
        y.dispose();
      };
      return { run, sync, read: () => last, dispose: () => [x, c].forEach((t) => t.dispose()) };
    },
  },
});
