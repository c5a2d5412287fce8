import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { type Graph, foldAffine, traceGraph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { randomTensor } from "../support/check.ts";

type Op = (x: Tensor) => Tensor;

const opsOf = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);

async function foldedOf(fn: Op, x: Tensor): Promise<Graph> {
  return foldAffine(await traceGraph(fn as (...args: readonly unknown[]) => unknown, [x]));
}

/** A constant that a node reads. */
function constant(graph: Graph, node: number, input: number): Tensor {
  const value = graph.nodes[node]?.inputs[input];
  const array = value && graph.constants.get(value)?.array;
  return renga.tensor([...(array?.data ?? [])], { shape: [...(array?.shape ?? [])] });
}

async function expectNear(got: Tensor, wanted: Tensor): Promise<void> {
  const [a, b] = await Promise.all([got.data(), wanted.data()]);
  expect(got.shape).toEqual(wanted.shape);
  for (const [i, value] of (b as Float32Array).entries()) expect(a[i]).toBeCloseTo(value, 4);
}

/** What a norm in evaluation mode comes down to, with numbers far from 0 and 1. */
const normed = (y: Tensor, channels: number): Tensor => {
  const row = (start: number): Tensor => renga.arange(start, start + channels).cast("f32");
  const moved = y.sub(row(1)).mul(renga.reciprocal(row(3)));
  return moved.mul(row(2).mul(0.5)).add(row(-4));
};

describe("foldAffine", () => {
  test("a product takes factors and offsets in", async () => {
    const [w, b] = [randomTensor([3, 4]), randomTensor([4])];
    const fn: Op = (x) => normed(x.matmul(w).add(b), 4);
    const x = randomTensor([2, 3]);
    const graph = await foldedOf(fn, x);
    expect(opsOf(graph)).toEqual(["matmul"]);
    expect(graph.nodes[0]?.outputs).toEqual(graph.outputs);
    await expectNear(x.matmul(constant(graph, 0, 1)).add(constant(graph, 0, 2)), fn(x));
  });

  test("a convolution does, through the reshape behind it", async () => {
    const w = randomTensor([3, 3, 2, 4]);
    const fn: Op = (x) => normed(renga.conv(x, w), 4);
    const x = randomTensor([2, 5, 5, 2]);
    const graph = await foldedOf(fn, x);
    const ops = opsOf(graph);
    expect(ops.filter((op) => op !== "reshape")).toEqual(["conv"]);
    const at = ops.indexOf("conv");
    const filter = constant(graph, at, 1).reshape([3, 3, 2, 4]);
    await expectNear(renga.conv(x, filter).add(constant(graph, at, 2)), fn(x));
  });

  test("a batch norm in evaluation mode vanishes", async () => {
    const [conv, norm] = [new nn.Conv2D(4, 3), new nn.BatchNorm()];
    norm(conv(randomTensor([4, 5, 5, 2])), { isTraining: true });
    const fn: Op = (x) => renga.relu(norm(conv(x), { isTraining: false }));
    const ops = opsOf(await foldedOf(fn, randomTensor([2, 5, 5, 2])));
    expect(ops.filter((op) => op !== "reshape")).toEqual(["conv", "relu"]);
  });

  test("a transposed convolution keeps an offset behind it", async () => {
    const [conv, norm] = [new nn.Conv2DTranspose(4, 3, { stride: 2 }), new nn.BatchNorm()];
    norm(conv(randomTensor([4, 5, 5, 2])), { isTraining: true });
    const fn: Op = (x) => norm(conv(x), { isTraining: false });
    const ops = opsOf(await foldedOf(fn, randomTensor([2, 5, 5, 2])));
    expect(ops.filter((op) => op !== "reshape")).toEqual(["convInputGradient", "add"]);
  });

  test("what others read, and what differs within a channel, stays", async () => {
    const w = randomTensor([3, 4]);
    const read: Op = (x) => {
      const y = x.matmul(w);
      return y.mul(2).add(renga.relu(y));
    };
    const x = randomTensor([2, 3]);
    expect(opsOf(await foldedOf(read, x))).toContain("mul");
    const column = randomTensor([2, 1]);
    const fixed = await traceGraph((a) => (a as Tensor).matmul(w).mul(column), [x], {
      batchAxes: [],
    });
    expect(opsOf(foldAffine(fixed))).toEqual(["matmul", "mul"]);
  });
});
