// onnxruntime-web on WebGPU: inference only; inputs and outputs stay on the GPU.

import * as ort from "onnxruntime-web/webgpu";
import { uniform } from "../models.mjs";
import { toChannelsFirst, toChannelsLast, toOutputFirst } from "./layouts.mjs";
import { onnxModel } from "./onnxModel.mjs";

const [COPY_SRC, COPY_DST, STORAGE] = [0x4, 0x8, 0x80];

let device;

/** A buffer on ORT's device, as its tensor. */
function upload(data, dims) {
  const size = Math.ceil(data.byteLength / 16) * 16;
  const buffer = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  device.queue.writeBuffer(buffer, 0, data);
  return { buffer, tensor: ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims }) };
}

/**
 * A graph with output "o".
 *
 * @param feeds  [name, data, dims] of its inputs.
 * @param after  changes what is read.
 */
async function graph({ nodes, feeds, output, constants, after = (data) => data }) {
  const inputs = feeds.map(([name, , dims]) => [name, dims]);
  const model = onnxModel({ nodes, inputs, outputs: [["o", output]], constants });
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["webgpu"],
    preferredOutputLocation: "gpu-buffer",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  device = await ort.env.webgpu.device;
  const given = feeds.map(([name, data, dims]) => [name, upload(data, dims)]);
  const tensors = Object.fromEntries(given.map(([name, { tensor }]) => [name, tensor]));
  let last;
  return {
    async run() {
      last?.dispose();
      last = (await session.run(tensors)).o;
    },
    sync: () => device.queue.onSubmittedWorkDone(),
    read: async () => after(await last.getData()),
    async dispose() {
      last?.dispose();
      await session.release();
      for (const [, { buffer }] of given) buffer.destroy();
    },
  };
}

const matrix = ({ rows, cols }, scale) => ["x", uniform(1, rows * cols, scale), [rows, cols]];

function affine({ rows, cols }) {
  return graph({
    nodes: [
      { op: "Mul", from: ["x", "a"], to: "t" },
      { op: "Add", from: ["t", "b"], to: "u" },
      { op: "Relu", from: ["u"], to: "o" },
    ],
    feeds: [
      matrix({ rows, cols }),
      ["a", uniform(2, cols), [cols]],
      ["b", uniform(3, cols), [cols]],
    ],
    output: [rows, cols],
  });
}

function conv2d({ n, h, w, ci, co }) {
  const x = toChannelsFirst(uniform(1, n * h * w * ci), [n, h, w, ci]);
  const k = toOutputFirst(uniform(2, 9 * ci * co), [3, 3, ci, co]);
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] };
  return graph({
    nodes: [{ op: "Conv", from: ["x", "w"], to: "o", attributes }],
    feeds: [
      ["x", x, [n, ci, h, w]],
      ["w", k, [co, ci, 3, 3]],
    ],
    output: [n, co, h, w],
    after: (data) => toChannelsLast(data, [n, co, h, w]),
  });
}

async function readback({ n }) {
  const feeds = [
    ["x", uniform(1, n), [n]],
    ["c", uniform(2, n), [n]],
  ];
  const made = await graph({
    nodes: [{ op: "Add", from: ["x", "c"], to: "o" }],
    feeds,
    output: [n],
  });
  let last;
  const run = async () => {
    await made.run();
    last = await made.read();
  };
  return { ...made, run, read: () => last };
}

const reduce = (from) => [{ op: "ReduceSum", from, to: "o", attributes: { keepdims: 0 } }];

export default {
  async init({ host }) {
    ort.env.wasm.wasmPaths = `${host.packages}onnxruntime-web/dist/`;
    ort.env.wasm.numThreads = 1;
    // ORT's device exists after its first session, and is destroyed with its last: this one stays.
    const session = await ort.InferenceSession.create(
      onnxModel({
        nodes: [{ op: "Relu", from: ["x"], to: "o" }],
        inputs: [["x", [4]]],
        outputs: [["o", [4]]],
      }),
      { executionProviders: ["webgpu"] },
    );
    await session.run({ x: new ort.Tensor("float32", new Float32Array(4), [4]) });
    device = await ort.env.webgpu.device;
    const { vendor, architecture } = device.adapterInfo;
    return { adapter: `${vendor} ${architecture}`.trim() };
  },
  device: () => device,
  ops: {
    matmul: ({ m, k, n }) =>
      graph({
        nodes: [{ op: "MatMul", from: ["a", "b"], to: "o" }],
        feeds: [
          ["a", uniform(1, m * k), [m, k]],
          ["b", uniform(2, k * n), [k, n]],
        ],
        output: [m, n],
      }),
    affine_relu: affine,
    sum_all: (sizes) => graph({ nodes: reduce(["x"]), feeds: [matrix(sizes)], output: [] }),
    sum_last: (sizes) =>
      graph({
        nodes: reduce(["x", "axes"]),
        feeds: [matrix(sizes)],
        output: [sizes.rows],
        constants: [["axes", [1]]],
      }),
    softmax: (sizes) =>
      graph({
        nodes: [{ op: "Softmax", from: ["x"], to: "o", attributes: { axis: -1 } }],
        feeds: [matrix(sizes, 4)],
        output: [sizes.rows, sizes.cols],
      }),
    conv2d,
    readback,
  },
};
