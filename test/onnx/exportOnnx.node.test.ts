// Every module and the examples' nets as ONNX files, run by ONNX Runtime.

import { InferenceSession, Tensor as OrtTensor, env } from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import { ConvNet } from "../../examples/images/net.ts";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { encodeModel, exportOnnx, toOnnxModel, withExternalData } from "../../src/onnx/index.ts";
import { randomTensor } from "../support/check.ts";
import { NETS } from "../support/exampleNets.ts";
import { ROWS, plainly } from "../nn/rows.ts";

env.logLevel = "error";

const TYPES = {
  f32: "float32",
  i32: "int32",
  bool: "bool",
  u32: "uint32",
  f16: "float16",
} as const;

/** What ONNX Runtime makes of a model. */
async function ortOutputs(bytes: Uint8Array, inputs: Record<string, Tensor>): Promise<OrtTensor[]> {
  const session = await InferenceSession.create(bytes);
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, x] of Object.entries(inputs)) {
    feeds[name] = new OrtTensor(TYPES[x.dtype] as "float32", (await x.data()) as Float32Array, [
      ...x.shape,
    ]);
  }
  const outputs = await session.run(feeds);
  const results = session.outputNames.map((name) => outputs[name] as OrtTensor);
  await session.release();
  return results;
}

/** Numbers and shape of a result must be ours, to 1e-4 of the largest of them. */
async function expectSame(got: OrtTensor, wanted: Tensor): Promise<void> {
  expect(got.dims).toEqual([...wanted.shape]);
  const ours = (await wanted.data()) as Float32Array;
  const theirs = got.data as Float32Array;
  const scale = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const worst = ours.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (theirs[i] as number))),
    0,
  );
  expect(worst / scale).toBeLessThan(1e-4);
}

/** Other inputs of two more examples. */
function others(x: Tensor): Tensor {
  if (x.dtype !== "f32") return renga.concat([x, renga.flip(x, 0)], 0);
  return randomTensor([(x.shape[0] as number) + 2, ...x.shape.slice(1)]);
}

/** Rows that are called with parts of the example's batch. */
const FIXED = new Set(["UnrolledLSTM", "PatchEncoder", "PatchDecoder"]);

describe.each(Object.entries(ROWS))("%s", (name, row) => {
  test("gives ONNX Runtime's numbers, for two batches", async () => {
    renga.setSeed(5);
    const [module, x, call] = [row.make(), row.input(), row.call ?? plainly];
    const fn = (input: Tensor): Tensor => call(module, input);
    const bytes = await exportOnnx(fn, x, FIXED.has(name) ? { batchAxes: [] } : {});
    for (const input of FIXED.has(name) ? [x] : [x, others(x)]) {
      const [y] = await ortOutputs(bytes, { input });
      await expectSame(y as OrtTensor, fn(input));
    }
  });
});

test.each(Object.entries(NETS))("the examples' net: %s", async (_, make) => {
  renga.setSeed(5);
  const [fn, inputs] = make();
  const bytes = await exportOnnx(fn, inputs, { inputNames: ["a", "b"].slice(0, inputs.length) });
  for (const given of [inputs, inputs.map(others)]) {
    const rows = Math.min(...given.map((x) => x.shape[0] as number));
    const cut = given.map((x) => renga.slice(x, [[0, rows]]));
    const named = { a: cut[0] as Tensor, ...(cut[1] && { b: cut[1] }) };
    const [y] = await ortOutputs(bytes, named);
    await expectSame(y as OrtTensor, fn(...(cut as never[])) as Tensor);
  }
});

type Op = (x: Tensor) => Tensor;

/** Ops that no module above needs. */
const OPS: Readonly<Record<string, Op>> = {
  logarithms: (x) => {
    const [a, b] = [renga.log2(x.abs().add(1)), renga.log1p(x.exp())];
    return a
      .add(b)
      .add(renga.expm1(x))
      .add(renga.rsqrt(x.abs().add(1)));
  },
  rounded: (x) => x.floor().add(x.ceil()).add(x.mul(3).round()).add(x.sign()),
  waves: (x) => renga.sin(x).mul(renga.cos(x)).add(x.tanh()),
  activations: (x) =>
    [renga.silu, renga.mish, renga.softsign, renga.logSigmoid, renga.elu, renga.hardSigmoid]
      .map((f) => f(x))
      .reduce((a, b) => a.add(b)),
  leaky: (x) =>
    renga
      .leakyRelu(x, { alpha: 0.1 })
      .add(renga.gelu(x))
      .add(renga.gelu(x, { approximate: true })),
  clipped: (x) => renga.clip(x, { min: -0.5, max: 0.5 }).add(renga.relu6(x)),
  compared: (x) => renga.where(x.greater(0), x.mul(2), x.neg()).add(x.notEqual(0).cast("f32")),
  powers: (x) =>
    x
      .abs()
      .add(0.1)
      .pow(1.5)
      .add(x.square())
      .add(renga.reciprocal(x.abs().add(1))),
  either: (x) => {
    const [a, b] = [x.greater(0), x.less(0.5)];
    return renga.logicalXor(a, b).cast("f32").add(renga.logicalOr(a, b).cast("f32"));
  },
  reductions: (x) =>
    x
      .sum(-1, { keepDims: true })
      .add(x.max(-1, { keepDims: true }))
      .mul(x.min(-1, { keepDims: true }))
      .add(renga.logSumExp(x, -1, { keepDims: true })),
  indices: (x) => renga.argMax(x, -1).cast("f32").add(renga.argMin(x, -1).cast("f32")),
  moved: (x) => renga.flip(x, -1).add(renga.roll(x, 1, -1)),
  padded: (x) => renga.cumSum(renga.pad(x, [[0, 0], [1, 2]]), -1), // prettier-ignore
  soft: (x) => renga.softmax(x).add(renga.logSoftmax(x)),
  normed: (x) => renga.l2Normalize(x).add(renga.norm(x, -1, { keepDims: true })),
  hot: (x) => renga.oneHot(renga.argMax(x, -1), 6).add(x),
  taken: (x) => renga.takeAlongAxis(x, renga.argMax(x, -1, { keepDims: true }), -1),
  parts: (x) => renga.concat(renga.split(x, 2, -1).reverse(), -1).slice([null, { step: 2 }]),
};

test.each(Object.entries(OPS))("ops: %s", async (_, fn) => {
  const x = randomTensor([3, 6]);
  const bytes = await exportOnnx(fn, x);
  for (const input of [x, others(x)]) {
    const [y] = await ortOutputs(bytes, { input });
    await expectSame(y as OrtTensor, fn(input));
  }
});

const IMAGE_OPS: Readonly<Record<string, Op>> = {
  pools: (x) => renga.maxPool(x, 2).add(renga.avgPool(x, 2, { stride: 2 })),
  "padded pools": (x) =>
    renga
      .maxPool(x, 3, { stride: 2, padding: "same" })
      .add(renga.avgPool(x, 3, { stride: 2, padding: "same" })),
  "global pools": (x) => renga.globalMaxPool(x).add(renga.globalAvgPool(x)),
  resized: (x) =>
    renga
      .resize(x, { size: [9, 5] })
      .add(renga.resize(x, { size: [9, 5], method: "nearest" }))
      .add(renga.resize(x, { size: [9, 5], method: "bicubic" })),
  adaptive: (x) => renga.adaptiveAvgPool(x, [4, 3]),
};

test.each(Object.entries(IMAGE_OPS))("ops on images: %s", async (_, fn) => {
  const x = randomTensor([2, 6, 6, 3]);
  const [y] = await ortOutputs(await exportOnnx(fn, x), { input: x });
  await expectSame(y as OrtTensor, fn(x));
});

describe("the file", () => {
  test("says what it holds", async () => {
    const model = await toOnnxModel(new ConvNet("net"), [randomTensor([2, 28, 28])], {
      metadata: { task: "digits" },
    });
    expect(model).toMatchObject({ irVersion: 8, opsets: { "": 17 }, metadata: { task: "digits" } });
    const { inputs, outputs, nodes, name, initializers } = model.graph;
    expect(name).toBe("net");
    expect(inputs).toEqual([{ name: "input", dtype: "f32", dims: ["batch", 28, 28] }]);
    expect(outputs).toEqual([{ name: "output", dtype: "f32", dims: ["batch", 10] }]);
    // Three convolutions follow one another without a move between them.
    const ops = nodes.map(({ op }) => op).join(" ");
    expect(ops).toMatch(/Conv Relu Conv Relu Conv Relu Transpose Reshape Gemm Relu Gemm$/);
    expect([...initializers.keys()]).toContain("conv2_d/w");
  });

  test("weights in a file beside", async () => {
    const net = new ConvNet();
    const x = randomTensor([2, 28, 28]);
    const { model, data } = withExternalData(await toOnnxModel(net, x), "net.bin");
    const bytes = encodeModel(model);
    expect(bytes.length).toBeLessThan(10_000);
    expect(data.length).toBeGreaterThan(1_000_000);
    const externalData = [{ path: "net.bin", data }];
    const session = await InferenceSession.create(bytes, { externalData });
    const input = new OrtTensor("float32", (await x.data()) as Float32Array, [2, 28, 28]);
    const { output } = await session.run({ input });
    await expectSame(output as OrtTensor, net(x));
  });

  test.each(["f16", "int8"] as const)("weights as %s: smaller, and near", async (weights) => {
    const net = new ConvNet();
    const x = randomTensor([4, 28, 28]);
    net(x);
    const whole = await exportOnnx(net, x);
    const bytes = await exportOnnx(net, x, { weights });
    expect(bytes.length).toBeLessThan(whole.length * (weights === "f16" ? 0.52 : 0.28));
    const [y] = await ortOutputs(bytes, { input: x });
    const ours = (await net(x).data()) as Float32Array;
    const scale = Math.max(...ours.map(Math.abs));
    const worst = Math.max(
      ...ours.map((v, i) => Math.abs(v - ((y as OrtTensor).data as Float32Array)[i]!)),
    );
    expect(worst / scale).toBeLessThan(weights === "f16" ? 2e-3 : 3e-2);
  });

  test("norms fold where they are told to", async () => {
    const [linear, norm] = [new nn.Linear(4), new nn.BatchNorm()];
    const x = randomTensor([8, 3]);
    norm(linear(x), { isTraining: true });
    const fn = (input: Tensor): Tensor => norm(linear(input), { isTraining: false });
    const model = await toOnnxModel(fn, x, { foldBatchNorm: true });
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(["Gemm"]);
    const bytes = await exportOnnx(fn, x, { foldBatchNorm: true });
    const [y] = await ortOutputs(bytes, { input: x });
    await expectSame(y as OrtTensor, fn(x));
  });

  test("an op without a counterpart is named", async () => {
    const fn = (x: Tensor): Tensor => renga.cumProd(x);
    await expect(exportOnnx(fn, randomTensor([2, 3]))).rejects.toThrow(/cumProd of no module/);
    class Product extends renga.Module<(x: Tensor) => Tensor> {
      forward(x: Tensor): Tensor {
        return fn(x);
      }
    }
    const net = new nn.Sequential([new nn.Linear(3), new Product("product")]);
    await expect(exportOnnx(net, randomTensor([2, 3]))).rejects.toThrow(/cumProd of product,/);
  });
});
