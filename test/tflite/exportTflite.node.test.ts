// Every module and the examples' nets as TFLite files, run by LiteRT's wasm in Chromium.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { exportTflite } from "../../src/tflite/index.ts";
import { openLiteRt } from "../../tools/hosts/liteRt.mjs";
import { ROWS, plainly } from "../nn/rows.ts";
import { randomTensor } from "../support/check.ts";
import { type Forward, NETS } from "../support/exampleNets.ts";
import type { Sent } from "./liteRt.ts";

let lite: Awaited<ReturnType<typeof openLiteRt>>;
beforeAll(async () => {
  lite = await openLiteRt();
}, 60_000);
afterAll(() => lite.close());

const TYPES = { f32: "float32", i32: "int32", u32: "int32", bool: "bool", f16: "float16" } as const;

async function sentOf(x: Tensor): Promise<Sent> {
  const values = Array.from((await x.data()) as Float32Array, Number);
  return { dtype: TYPES[x.dtype], shape: x.shape, values };
}

/** What LiteRT makes of a file. */
async function outputsOf(bytes: Uint8Array, inputs: readonly Tensor[]): Promise<Sent[]> {
  const sent = await Promise.all(inputs.map(sentOf));
  const file = Buffer.from(bytes).toString("base64");
  const answer = JSON.parse(await lite.run(JSON.stringify({ file, runs: [sent] }))) as {
    readonly outputs?: Sent[][];
    readonly error?: string;
  };
  if (answer.outputs === undefined) throw new Error(answer.error);
  return answer.outputs[0] as Sent[];
}

/** The greatest difference, as a share of the greatest number. */
async function differenceOf(got: Sent, wanted: Tensor): Promise<number> {
  const ours = Array.from((await wanted.data()) as Float32Array, Number);
  const scale = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const worst = ours.reduce((most, value, i) => {
    return Math.max(most, Math.abs(value - Number(got.values[i])));
  }, 0);
  return worst / scale;
}

/** LiteRT's numbers and shape must be ours, to 1e-4 of the largest of them. */
async function expectSame(fn: Forward, inputs: readonly Tensor[]): Promise<void> {
  const bytes = await exportTflite(fn, [...inputs]);
  const [got] = await outputsOf(bytes, inputs);
  const wanted = fn(...(inputs as never[])) as Tensor;
  expect(got?.shape).toEqual([...wanted.shape]);
  expect(await differenceOf(got as Sent, wanted)).toBeLessThan(1e-4);
}

/** Modules that TFLite cannot say, with the op that the error names. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  Conv3DTranspose: /convInputGradient/,
  PatchDecoder: /scatter/,
};

describe.each(Object.entries(ROWS))("%s", (name, row) => {
  const refused = REFUSED[name];
  test(refused ? "is refused by the op's name" : "gives LiteRT's numbers", async () => {
    renga.setSeed(5);
    const [module, x, call] = [row.make(), row.input(), row.call ?? plainly];
    const fn = (input: Tensor): Tensor => call(module, input);
    if (refused !== undefined) await expect(exportTflite(fn, x)).rejects.toThrow(refused);
    else await expectSame(fn, [x]);
  });
});

test.each(Object.entries(NETS))("the examples' net: %s", async (_, make) => {
  renga.setSeed(5);
  await expectSame(...make());
});

type Op = (x: Tensor) => Tensor;

/** Ops that no module above needs. */
const OPS: Readonly<Record<string, Op>> = {
  log2: (x) => renga.log2(x.abs().add(1)),
  log1p: (x) => renga.log1p(x.exp()),
  expm1: (x) => renga.expm1(x),
  rsqrt: (x) => renga.rsqrt(x.abs().add(1)),
  rounded: (x) => x.floor().add(x.ceil()).add(x.mul(3).round()),
  sign: (x) => x.sign(),
  waves: (x) => renga.sin(x).mul(renga.cos(x)).add(x.tanh()).add(renga.tan(x)),
  mish: renga.mish,
  softsign: renga.softsign,
  logSigmoid: renga.logSigmoid,
  elu: renga.elu,
  hardSigmoid: renga.hardSigmoid,
  leakyRelu: (x) => renga.leakyRelu(x, { alpha: 0.1 }),
  gelu: (x) => renga.gelu(x),
  geluTanh: (x) => renga.gelu(x, { approximate: true }),
  clipped: (x) => renga.clip(x, { min: -0.5, max: 0.5 }).add(renga.relu6(x)),
  where: (x) => renga.where(x.greater(0), x.mul(2), x.neg()),
  notEqual: (x) => x.notEqual(0).cast("f32"),
  facts: (x) => {
    const both = renga.logicalAnd(x.greater(-0.5), x.lessEqual(0.5));
    return renga.logicalOr(both, renga.logicalNot(renga.isFinite(x))).cast("f32");
  },
  pow: (x) => x.abs().add(0.1).pow(1.5),
  reciprocal: (x) => renga.reciprocal(x.abs().add(1)),
  sum: (x) => x.sum(-1, { keepDims: true }),
  mean: (x) => x.mean(),
  extremes: (x) => x.max(-1, { keepDims: true }).mul(x.min(0)),
  prod: (x) => renga.prod(x, 1),
  logSumExp: (x) => renga.logSumExp(x, -1, { keepDims: true }),
  argMax: (x) => renga.argMax(x, -1).cast("f32"),
  argMin: (x) => renga.argMin(x, 0, { keepDims: true }).cast("f32"),
  flip: (x) => renga.flip(x, [0, 1]),
  roll: (x) => renga.roll(x, 1, -1),
  pad: (x) => renga.pad(x, [[0, 0], [1, 2]]), // prettier-ignore
  "pad, by a number": (x) => renga.pad(x, [[1, 0], [1, 2]], 3), // prettier-ignore
  cumSum: (x) => renga.cumSum(x, -1),
  softmax: (x) => renga.softmax(x).add(renga.logSoftmax(x)),
  norm: (x) => renga.l2Normalize(x).add(renga.norm(x, -1, { keepDims: true })),
  oneHot: (x) => renga.oneHot(renga.argMax(x, -1), 6),
  takeAlongAxis: (x) => renga.takeAlongAxis(x, renga.argMax(x, -1, { keepDims: true }), -1),
  parts: (x) => renga.concat(renga.split(x, 2, -1).reverse(), -1).slice([null, { step: 2 }]),
  backwards: (x) => x.slice([1, { step: -2 }]),
  products: (x) => renga.matmul(x, x, { transposeA: true }).add(1),
  broadcast: (x) => renga.broadcastTo(x.sum(0), [4, 6]),
  nothing: (x) => x,
};

test.each(Object.entries(OPS))("ops: %s", async (_, fn) => {
  await expectSame(fn, [randomTensor([3, 6])]);
});

const IMAGE_OPS: Readonly<Record<string, Op>> = {
  pools: (x) => renga.maxPool(x, 2).add(renga.avgPool(x, 2, { stride: 2 })),
  "padded max": (x) => renga.maxPool(x, 3, { stride: 2, padding: "same" }),
  "padded mean": (x) => renga.avgPool(x, 3, { stride: 2, padding: "same" }),
  "mean with its border": (x) => {
    return renga.avgPool(x, 3, { stride: 2, padding: "same", countIncludePad: true });
  },
  "other borders": (x) => {
    const options = { stride: 2, padding: [[2, 1], [1, 0]] as const }; // prettier-ignore
    return renga.maxPool(x, 3, options).add(renga.avgPool(x, 3, options));
  },
  "global pools": (x) => renga.globalMaxPool(x).add(renga.globalAvgPool(x)),
  resized: (x) => renga.resize(x, { size: [9, 5] }),
  nearest: (x) => renga.resize(x, { size: [9, 5], method: "nearest" }),
  adaptive: (x) => renga.adaptiveAvgPool(x, [4, 3]),
};

test.each(Object.entries(IMAGE_OPS))("ops on images: %s", async (_, fn) => {
  await expectSame(fn, [randomTensor([2, 6, 6, 3])]);
});
