// Raw WebGPU: programs written by hand for these shapes. A good program, not a library, and not a
// bound.

import { uniform } from "../models.mjs";
import { cnn } from "../raw/cnn.mjs";
import { conv, convFilterGradient, convInputGradient } from "../raw/conv.mjs";
import { lstm } from "../raw/lstm.mjs";
import { matmulRegisters, matmulShared } from "../raw/matmul.mjs";
import { mlp } from "../raw/mlp.mjs";
import { Program, openDevice, theDevice } from "../raw/program.mjs";
import { addScalars, affineRelu, rowSum, softmaxRows, sumAll, sumSlices } from "../raw/rows.mjs";
import { transformer } from "../raw/transformer.mjs";

const TRAIN = { mlp, cnn, transformer, lstm };

/** Blocks of registers per thread, and a way over shared tiles. */
const MATMULS = {
  "8×8": (sizes) => matmulRegisters({ ...sizes, TM: 8, TN: 8, wx: 8, wy: 4 }),
  "16×16": (sizes) => matmulRegisters({ ...sizes, TM: 16, TN: 16, wx: 4, wy: 4 }),
  "4×4": (sizes) => matmulRegisters(sizes),
  shared: (sizes) => (sizes.ta || sizes.tb ? undefined : matmulShared(sizes)),
};

/** A kernel on fresh inputs: `inputs` are their lengths, or data. */
async function one(kernel, inputs, outputSize) {
  const program = new Program();
  const data = inputs.map((n, i) => (typeof n === "number" ? uniform(i + 1, n) : n));
  const buffers = data.map((values) => program.buffer(values));
  const output = program.buffer(outputSize);
  await program.prepare([[kernel, ...buffers, output]]);
  return program.instance(output, outputSize);
}

function matmul({ m: M, k: K, n: N, ta, tb, variant = "8×8" }) {
  const kernel = MATMULS[variant]({ M, K, N, ta, tb });
  return kernel && one(kernel, [M * K, K * N], M * N);
}

async function sumOfAll({ rows, cols, variant }) {
  const program = new Program();
  const [X, P, O] = [uniform(1, rows * cols), 256, 4].map((data) => program.buffer(data));
  const [first, second] = sumAll(rows * cols, variant);
  await program.prepare([
    [first, X, P],
    [second, P, O],
  ]);
  return program.instance(O, 1);
}

const convSizes = ({ n, h, w, ci, co }) => {
  return { N: n, H: h, Wd: w, Ci: ci, Co: co, TP: 8, TC: 8 };
};

/** Forward and both gradients from a given dy; what is read is dw. */
async function convWithGradients({ n, h, w, ci, co }) {
  const sizes = convSizes({ n, h, w, ci, co });
  const [xCount, wCount, yCount] = [n * h * w * ci, 9 * ci * co, n * h * w * co];
  const filter = convFilterGradient({ ...sizes, S: 8 });
  const program = new Program();
  const given = [uniform(1, xCount), uniform(2, wCount), uniform(3, yCount)];
  const [X, W, dY] = given.map((data) => program.buffer(data));
  const outputs = [yCount, xCount, wCount, filter.partial];
  const [Y, dX, dW, P] = outputs.map((count) => program.buffer(count));
  await program.prepare([
    [conv(sizes), X, W, Y],
    [convInputGradient(sizes), dY, W, dX],
    [filter, X, dY, P],
    [sumSlices({ n: wCount, S: 8 }), P, dW],
  ]);
  return program.instance(dW, wCount);
}

/** The kernel and the copy to a kept staging buffer go in one submit. */
async function readback({ n }) {
  const program = new Program();
  const [X, C, O] = [uniform(1, n), uniform(2, n), n].map((data) => program.buffer(data));
  await program.prepare([[addScalars(n), X, C, O]]);
  let last;
  const run = async () => {
    last = await program.read(O, n, (encoder) => program.encode(encoder));
  };
  return { ...program.instance(O, n), run, read: () => last };
}

/** Two bind groups to and fro in one pass, read at the end. */
async function tinyAdds({ n, count }) {
  const program = new Program();
  const data = [uniform(1, n), uniform(2, n, 1e-3), n, n];
  const [X, C, O, Z] = data.map((values) => program.buffer(values));
  const add = addScalars(n, 16);
  await program.prepare([
    [add, O, C, Z],
    [add, Z, C, O],
  ]);
  let last;
  const run = async () => {
    last = await program.read(O, n, (encoder) => {
      encoder.copyBufferToBuffer(X, 0, O, 0, n * 4);
      program.encode(encoder, count / 2);
    });
  };
  return { ...program.instance(O, n), run, read: () => last };
}

const WAYS = ["thread", "group"];

export default {
  variants: {
    matmul: Object.keys(MATMULS),
    matmul_gradient: ["8×8", "16×16", "4×4"],
    sum_all: WAYS,
    sum_last: WAYS,
    softmax: WAYS,
  },
  async init() {
    const { info } = await openDevice();
    return {
      adapter: [info.vendor, info.architecture, info.description].filter(Boolean).join(" "),
    };
  },
  device: theDevice,
  ops: {
    matmul,
    matmul_gradient: matmul,
    affine_relu: ({ rows, cols }) =>
      one(affineRelu({ rows, cols }), [rows * cols, cols, cols], rows * cols),
    sum_all: sumOfAll,
    sum_last: ({ rows, cols, variant }) =>
      one(rowSum({ rows, cols }, variant), [rows * cols], rows),
    softmax: ({ rows, cols, variant }) =>
      one(softmaxRows({ rows, cols }, variant), [uniform(1, rows * cols, 4)], rows * cols),
    conv2d({ n, h, w, ci, co }) {
      const kernel = conv(convSizes({ n, h, w, ci, co }));
      return one(kernel, [n * h * w * ci, 9 * ci * co], n * h * w * co);
    },
    conv2d_grad: convWithGradients,
    train: ({ model, opts }) => TRAIN[model](opts),
    readback,
    tiny_adds: tinyAdds,
  },
};
