import { describe, expect, test } from "vitest";
import { Generator, type Tensor, ones, tensor, topK, zeros } from "../../src/index.ts";
import {
  type Graph,
  hostBytes,
  isBatch,
  lengthsFor,
  sameDims,
  traceGraph,
} from "../../src/graph/index.ts";
import {
  BatchNorm,
  Conv2D,
  Dropout,
  LayerNorm,
  Linear,
  LSTM,
  MLP,
  MultiHeadAttention,
  dynamicUnroll,
} from "../../src/nn/index.ts";

const generator = new Generator(1);
const opsOf = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);
const constantNames = ({ constants }: Graph): string[] => [...constants.keys()].map((c) => c.name);

test("a perceptron: its products and activations, its variables by name", async () => {
  const model = new MLP([3, 2], { name: "net" });
  const graph = await traceGraph(model, [ones([4, 5])]);
  expect(opsOf(graph)).toEqual(["matmul", "relu", "matmul"]);
  expect(constantNames(graph).toSorted()).toEqual(
    model.variables.map(({ name }) => name).toSorted(),
  );
  const [[input], [output]] = [graph.inputs, graph.outputs];
  expect(input).toEqual({ name: "input", dtype: "f32", shape: [{ times: 1, plus: 0 }, 5] });
  expect(output).toEqual({ name: "output", dtype: "f32", shape: [{ times: 1, plus: 0 }, 2] });
  expect(graph.batch).toBe(4);
  expect(lengthsFor(output?.shape ?? [], 7)).toEqual([7, 2]);
});

test("what depends on no input is computed once", async () => {
  const norm = new BatchNorm(true, true);
  const x = generator.normal([2, 4, 4, 3]);
  norm(x, { isTraining: true });
  const graph = await traceGraph(norm, [x, { isTraining: false }]);
  expect(opsOf(graph)).toEqual(["sub", "mul", "mul", "add"]);
  expect(graph.constants.size).toBe(4);
});

test("inputs and outputs are named by their keys, or as one likes", async () => {
  const fn = ({ a, b }: { a: Tensor; b: Tensor }): object => ({ sum: a.add(b), both: [a, b] });
  const example = { a: ones([2, 3]), b: ones([3]) };
  const graph = await traceGraph(fn as (x: unknown) => unknown, [example]);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["sum", "both.0", "both.1"]);
  expect(graph.inputs[1]?.shape).toEqual([3]);
  const named = await traceGraph(new Linear(2), [ones([1, 2])], {
    inputNames: ["pixels"],
    outputNames: ["logits"],
  });
  expect([named.inputs[0]?.name, named.outputs[0]?.name]).toEqual(["pixels", "logits"]);
});

test("a recurrent net is unrolled, its first state follows the batch", async () => {
  const core = new LSTM(4);
  const fn = (x: Tensor): Tensor =>
    dynamicUnroll(core, x, core.initialState(x.shape[1] as number))[0];
  const example = generator.normal([3, 2, 5]);
  const graph = await traceGraph(fn as (x: unknown) => unknown, [example], { batchAxes: [1] });
  const ops = new Set(opsOf(graph));
  for (const op of ["matmul", "sigmoid", "tanh", "broadcastTo"]) expect(ops).toContain(op);
  expect(graph.outputs[0]?.shape).toEqual([3, { times: 1, plus: 0 }, 4]);
});

test("attention and norms are taken apart, unless they are to be kept", async () => {
  const attention = new MultiHeadAttention({ numHeads: 2 });
  const norm = new LayerNorm(-1, true, true);
  const fn = (x: Tensor): Tensor => attention(norm(x), { isCausal: true });
  const x = generator.normal([2, 3, 8]);
  const graph = await traceGraph(fn as (x: unknown) => unknown, [x]);
  expect(opsOf(graph)).toContain("softmax");
  expect(opsOf(graph)).not.toContain("layerNorm");
  const kept = await traceGraph(fn as (x: unknown) => unknown, [x], { keeps: ["layerNorm"] });
  expect(opsOf(kept).filter((op) => op === "layerNorm")).toHaveLength(1);
});

describe("refuses", () => {
  const refused = async (fn: (x: Tensor) => unknown, message: RegExp): Promise<void> => {
    await expect(traceGraph(fn as (x: unknown) => unknown, [ones([4, 8])])).rejects.toThrow(
      message,
    );
  };

  test("random numbers", () => refused((x) => new Dropout(0.5)(x, { isTraining: true }), /random/));
  test("ops that no tape sees", () => refused((x) => topK(x, 2).values, /kernel sort/));
  test("values read back", () =>
    refused((x) => tensor([x.shape.length]).item(), /cannot read values/));
  test("constants by the batch", () =>
    refused((x) => x.mul(1 / (x.shape[0] as number)), /another value/));
  test("functions of nothing", async () => {
    await expect(traceGraph(() => zeros([1]), [])).rejects.toThrow(/there must be a tensor/);
  });
  test("a way that depends on the batch", () =>
    refused((x) => ((x.shape[0] as number) > 4 ? x.relu() : x.tanh()), /the same for every batch/));
});

test("a batch that is fixed", async () => {
  const conv = new Conv2D(2, 3);
  const graph = await traceGraph(conv, [ones([2, 5, 5, 1])], { batchAxes: [] });
  expect(graph.batch).toBeUndefined();
  expect(graph.outputs[0]?.shape.some(isBatch)).toBe(false);
});

test("lengths and elements as files have them", () => {
  const batch = { times: 2, plus: 1 };
  expect(sameDims([batch, 3], [{ ...batch }, 3])).toBe(true);
  expect(sameDims([batch, 3], [3, 3])).toBe(false);
  expect([...hostBytes({ dtype: "f16", data: Float32Array.of(1) })]).toEqual([0, 0x3c]);
  expect(hostBytes({ dtype: "i32", data: Int32Array.of(1, 2) })).toHaveLength(8);
});
