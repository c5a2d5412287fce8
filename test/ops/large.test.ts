// More than 65,535 workgroups in one dispatch, and tensors as large as a binding may be. Items are
// few and repeated, so that the result of the whole must be the results of the few, repeated.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import {
  compile,
  DeviceError,
  type Tensor,
  destroyDevice,
  full,
  gather,
  grad,
  init,
  scope,
  sum,
  tensor,
  zeros,
} from "../../src/index.ts";
import { findAdapter } from "../../src/gpu/adapter.ts";
import { device } from "../../src/gpu/device.ts";
import { expectClose, randomTensor } from "../support/check.ts";

/** Items that are repeated; a prime. */
const FEW = 7;

/** More workgroups than fit along one dimension. */
const GROUPS = 65_536 + 3;

/** More threads than 65,535 workgroups of 64 have. */
const THREADS = 64 * GROUPS;

function cycle(count: number): Tensor {
  const values = new Int32Array(count);
  for (let i = 0; i < count; i++) values[i] = i % FEW;
  return tensor(values);
}

async function expectSame(got: Tensor, want: Tensor): Promise<void> {
  const isFloat = got.dtype === "f32";
  const values = await want.data();
  await expectClose(got, values as Float32Array, want.shape, isFloat ? {} : { rtol: 0, atol: 0 });
}

/** Expects the items at both ends of `many` to be those of `few`. */
async function expectEnds(many: Tensor, few: Tensor, count: number): Promise<void> {
  expect(many.shape).toEqual([count, ...few.shape.slice(1)]);
  const last = Array.from({ length: FEW }, (_, i) => (count - FEW + i) % FEW);
  await expectSame(many.slice([[0, FEW]]), few);
  await expectSame(many.slice([[count - FEW, count]]), gather(few, tensor(Int32Array.from(last))));
}

type Run = (x: Tensor) => Tensor;

/** Expects every one of `runs` to make of `count` items what it makes of seven. */
async function expectRepeats(
  runs: readonly Run[],
  item: readonly number[],
  count: number,
): Promise<void> {
  const few = randomTensor([FEW, ...item], 3, 0.1, 1);
  const many = gather(few, cycle(count));
  for (const run of runs) {
    const result = scope(() => run(many));
    await expectEnds(result, run(few), count);
    result.dispose();
  }
  many.dispose();
}

const gradientOf = (f: Run): Run => {
  return (x) => grad(() => sum(f(x)), [x])[0] as Tensor;
};

/** Queries that attend to one key. */
const toFirst = (x: Tensor): Tensor => {
  const first = x.slice([null, [0, 1]]);
  return renga.scaledDotProductAttention(x, first, first);
};

const firstOf = (x: Tensor): Tensor => {
  return renga.takeAlongAxis(x, zeros([x.shape[0] as number, 1], "i32"));
};

const labelled = (x: Tensor): Tensor => {
  return renga.softmaxCrossEntropy(x, renga.argMax(x));
};

const lstmOf = (x: Tensor): Tensor => {
  const [input, cell] = renga.split(x, [4, 1], 1) as [Tensor, Tensor];
  return renga.lstmUpdate(input, input, cell).hidden;
};

/** Name, function, shape of an item, items. */
type Repeated = readonly [string, Run, readonly number[], number];

const FORWARDS: readonly Repeated[] = [
  ["where", (x) => renga.where(x.greater(0.5), x, 2), [], THREADS],
  ["sums of rows", (x) => sum(x, 1), [2], THREADS],
  ["largest of rows", (x) => renga.max(x, 1), [2], THREADS],
  ["places of the largest", (x) => renga.argMax(x), [2], THREADS],
  ["softmax", (x) => renga.softmax(x), [2], THREADS],
  ["running sums", (x) => renga.cumSum(x), [2], THREADS],
  ["padding", (x) => renga.pad(x, [NONE, [0, 1]]), [1], THREADS / 2],
  ["a batch of products", (x) => renga.matmul(x, x), [1, 1], GROUPS],
  ["tall products", (x) => renga.matmul(x, full([1, 1], 0.7)), [1], 8 * 8 * GROUPS],
  ["attention", toFirst, [64, 1], GROUPS],
  ["factors", (x) => renga.cholesky(x), [1, 1], GROUPS],
  ["triangular systems", (x) => renga.triangularSolve(full([2, 2], 0.7), x), [2, 1], THREADS],
  ["LSTM", lstmOf, [5], THREADS],
];

/** With kernels of their own for the gradient. */
const BOTH_WAYS: readonly Repeated[] = [
  ["elements of rows", firstOf, [1], THREADS],
  ["cross-entropy", labelled, [2], THREADS],
  ["layer norm", (x) => renga.layerNorm(x).square(), [2], THREADS],
  ["instance norm", (x) => renga.instanceNorm(x).square(), [2, 2], THREADS / 2],
  ["max pool", (x) => renga.maxPool(x, 2), [2, 1], THREADS],
  ["average pool", (x) => renga.avgPool(x, 2), [2, 1], THREADS],
  ["resize", (x) => renga.resize(x, { size: 2 }), [1, 1], THREADS / 2],
];

const NONE = [0, 0] as const;

describe("more than 65,535 workgroups", () => {
  test.each(FORWARDS)("%s", (_, f, item, count) => expectRepeats([f], item, count), 120_000);

  test.each(BOTH_WAYS)(
    "%s and its gradient",
    (_, f, item, count) => {
      return expectRepeats([f, gradientOf(f)], item, count);
    },
    120_000,
  );

  test("elements in order, four to a thread", async () => {
    const count = 4 * THREADS;
    const x = renga.arange(0, count, 1, "i32");
    const tail = x
      .neg()
      .add(1)
      .slice([[count - 2, count]]);
    expect(await tail.array()).toEqual([3 - count, 2 - count]);
  });

  test("elements out of order", async () => {
    const x = renga.arange(0, 2050 * 2051, 1, "i32").reshape([2050, 2051]);
    const turned = x.transpose().contiguous();
    expect(await turned.slice([2050, { start: 2048 }]).array()).toEqual([4_202_498, 4_204_549]);
    const twice = x.transpose().add(turned);
    expect(await twice.slice([2050, { start: 2048 }]).array()).toEqual([8_404_996, 8_409_098]);
  });

  test("sums of columns, and parts of a stack", async () => {
    const few = renga.arange(0, FEW, 1, "i32");
    const x = cycle(THREADS);
    const twice = renga.stack([x, x]);
    await expectEnds(sum(twice, 0), few.mul(2), THREADS);
    await expectEnds(twice.slice([0]), few, THREADS);
    await expectEnds(twice.slice([1]), few, THREADS);
  });

  test("a convolution of as many pixels as a binding holds", async () => {
    // Blocks of 8 pixels, 64 blocks a workgroup.
    const pixels = 8 * 64 * 65_535 + 9;
    const x = cycle(pixels).cast("f32").reshape([1, pixels, 1]);
    const w = tensor([1, 2], { shape: [2, 1, 1] });
    const y = renga.conv(x, w, { padding: "valid" }).reshape([pixels - 1]);
    const tail = y.slice([[pixels - 1 - FEW, pixels - 1]]);
    const start = (pixels - 1 - FEW) % FEW;
    const want = Array.from({ length: FEW }, (_, i) => {
      return ((start + i) % FEW) + 2 * ((start + i + 1) % FEW);
    });
    expect(await tail.array()).toEqual(want);
  });

  test("sums into few places, and random numbers", async () => {
    const y = renga.scatterAdd(
      tensor([1, 2]),
      tensor([5, THREADS - 1], { dtype: "i32" }),
      0,
      THREADS,
    );
    expect(await y.slice([[THREADS - 1, THREADS]]).array()).toEqual([2]);
    expect(await sum(y).item()).toBe(3);
    const noise = renga.defaultGenerator.uniform([4 * THREADS]);
    const tail = noise.slice([[4 * THREADS - 10_000, 4 * THREADS]]);
    expect(Math.abs((await renga.mean(tail).item()) - 0.5)).toBeLessThan(0.02);
  });
});

describe("the binding limit", () => {
  test("a tensor of 128 MiB, or as large as the adapter allows", async () => {
    const bytes = Math.min(device().limits.maxStorageBufferBindingSize, 2 ** 27);
    const count = bytes / 4;
    const y = scope(() => full([count], 1).add(1));
    expect(await sum(y).item()).toBe(2 * count);
    expect(await y.slice([[count - 2, count]]).array()).toEqual([2, 2]);
    y.dispose();
  });

  test("one element more than can be bound", () => {
    const count = Math.floor(device().limits.maxStorageBufferBindingSize / 4) + 1;
    expect(() => zeros([count])).toThrow(DeviceError);
    expect(() => zeros([count])).toThrow("a tensor must fit in one buffer binding");
  });
});

describe("a limit between size classes", () => {
  const limit = 2 ** 27 + 2 ** 20 + 4;

  beforeAll(async () => {
    const adapter = await findAdapter({});
    const most = Math.min(adapter.limits.maxStorageBufferBindingSize, limit);
    const requiredLimits = {
      maxStorageBufferBindingSize: most,
      maxBufferSize: Math.max(most, 2 ** 28),
    };
    destroyDevice();
    await init({ device: await adapter.requestDevice({ requiredLimits }), validate: true });
  });

  afterAll(async () => {
    destroyDevice();
    await init({ validate: true });
  });

  test("is reached exactly", async () => {
    // Whole vectors of four elements are bound.
    const count = 4 * Math.floor(device().limits.maxStorageBufferBindingSize / 16);
    const y = scope(() => full([count], 1).add(1));
    expect(await y.slice([[count - 2, count]]).array()).toEqual([2, 2]);
    expect(() => zeros([count + 1])).toThrow(DeviceError);
  });

  test("holds for compiled functions", async () => {
    const count = 4 * Math.floor(device().limits.maxStorageBufferBindingSize / 16);
    const f = compile(() =>
      full([count], 1)
        .add(1)
        .slice([[count - 2, count]]),
    );
    for (let i = 0; i < 3; i++) expect(await f().array()).toEqual([2, 2]);
    f.dispose();
  });
});
