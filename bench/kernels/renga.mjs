// Renga's side of the kernel bench.

import * as renga from "../../dist/index.js";

const { GradientTape, init, flush, scope, tensor } = renga;
let gpu;

const OPS = {
  conv2d: ({ x, w }) => renga.conv(x, w),
  depthwise: ({ x, w }) => renga.depthwiseConv(x, w),
  batchNorm: ({ x, scale, offset }) => renga.batchNorm(x, { scale, offset }).y,
  layerNorm: ({ x, scale, offset }) => renga.layerNorm(x, { scale, offset }),
  softmax: ({ x }) => renga.softmax(x),
  attention: ({ q, k, v }) => renga.scaledDotProductAttention(q, k, v),
  embedding: ({ w }, ids) => renga.gather(w, ids),
  lstm: ({ x, h, c, wx, wh, b }) => {
    const weights = { wInput: wx, wHidden: wh, bias: b };
    const { hidden, cell } = renga.lstmCell(x, { hidden: h, cell: c }, weights);
    return [hidden, cell];
  },
};

export default {
  name: "renga",
  async init() {
    const adapter = await navigator.gpu.requestAdapter();
    gpu = await adapter.requestDevice({
      requiredLimits: {
        maxBufferSize: adapter.limits.maxBufferSize,
        maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      },
    });
    const { architecture } = adapter.info;
    const adapterClass = architecture === "swiftshader" ? "software" : "gpu";
    await init({ device: gpu, adapterClass });
  },
  sync() {
    flush();
    return gpu.queue.onSubmittedWorkDone();
  },
  prepare({ op, inputs, cotangents, ids }) {
    const given = inputs.map(({ name, shape, data }) => [name, tensor(data, { shape })]);
    const operands = Object.fromEntries(given);
    const sources = Object.values(operands);
    const dys = cotangents.map(({ shape, data }) => tensor(data, { shape }));
    const places = ids && tensor(ids);
    const outputs = () => [OPS[op](operands, places)].flat();
    const gradients = () => {
      using tape = new GradientTape();
      tape.watch(...sources);
      // One output carries its cotangent; several are joined in a scalar, as losses are.
      const ys = outputs();
      if (ys.length === 1) return tape.gradient(ys[0], sources, dys[0]);
      const total = ys.map((y, i) => renga.sum(y.mul(dys[i]))).reduce((a, b) => a.add(b));
      return tape.gradient(total, sources);
    };
    const phase = (body) => ({
      run() {
        scope(() => void body());
        flush();
      },
      read: () => Promise.all(scope(body).map((y) => y.data())),
    });
    return { forward: phase(outputs), gradient: phase(gradients) };
  },
};
