// Attention against its definition: the plain path and both fused kernels, whatever the adapter.

import { describe, expect, test, vi } from "vitest";
import {
  DtypeError,
  ShapeError,
  GradientTape,
  type Tensor,
  UsageError,
  arange,
  flip,
  grad,
  lessEqual,
  matmul,
  mul,
  ones,
  scaledDotProductAttention,
  softmax,
  split,
  sum,
  tensor,
  where,
  zeros,
} from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { FusedAttention } from "../../src/ops/attentionKernels.ts";
import { planAttention } from "../../src/ops/attentionPlan.ts";
import { type AttentionSizes, attentionByDefinition } from "../support/attention.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { takeAdapterFor } from "../support/classes.ts";

type Kernel = "plain" | "block" | "kept" | "tiled";
type Masking = "none" | "bool" | "f32" | "causal" | "causal bool";

interface Sample extends AttentionSizes {
  readonly masking: Masking;
}

const KERNELS: readonly Kernel[] = ["plain", "block", "kept", "tiled"];

/** [queries, keys, depth, masking]: every length and depth once at least, tile sizes ± 1. */
const SAMPLES: readonly [number, number, number, Masking][] = [
  [1, 1, 4, "none"],
  [1, 257, 16, "bool"],
  [2, 7, 8, "f32"],
  [7, 2, 20, "causal"],
  [7, 7, 12, "causal bool"],
  [16, 31, 32, "none"],
  [31, 16, 32, "causal"],
  [33, 33, 36, "none"],
  [64, 64, 64, "causal"],
  [33, 100, 64, "bool"],
  [100, 64, 68, "causal"],
  [17, 64, 128, "none"],
  [65, 17, 128, "none"],
  [257, 33, 16, "causal"],
  [100, 257, 8, "bool"],
];

/** Masks with a row without any key, and one with all. */
function maskValues(kind: Masking, batch: number, queries: number, keys: number): Float32Array {
  const values = numbers(batch * queries * keys, 5, -1, 1);
  return values.map((value, i) => {
    const query = Math.floor(i / keys) % queries;
    if (kind === "f32") return query === 1 || value > 0.7 ? -Infinity : value;
    return query === 1 ? 0 : query === 0 || value > 0 ? 1 : 0;
  });
}

function sampleOf({ batch, queries, keys, depth, valueDepth, masking }: Sample): {
  values: Float32Array[];
  mask: Tensor | undefined;
  isCausal: boolean;
  bias: (item: number, query: number, key: number) => number;
} {
  const sizes = [queries * depth, keys * depth, keys * valueDepth, queries * valueDepth];
  const values = sizes.map((size, i) => numbers(batch * size, i + 1, -1.5, 1.5));
  const isCausal = masking.startsWith("causal");
  const kind = masking === "f32" ? "f32" : "bool";
  const isMasked = masking !== "none" && masking !== "causal";
  const words = isMasked ? maskValues(masking, batch, queries, keys) : undefined;
  const mask = words && tensor(words, { shape: [batch, queries, keys] });
  const bias = (item: number, query: number, key: number): number => {
    if (isCausal && key > query) return -Infinity;
    const word = words?.[(item * queries + query) * keys + key] ?? (kind === "f32" ? 0 : 1);
    return kind === "f32" ? word : word === 0 ? -Infinity : 0;
  };
  return { values, mask: kind === "bool" ? mask?.cast("bool") : mask, isCausal, bias };
}

/** The value and the gradients that a kernel gives. */
function runKernel(kernel: Kernel, sample: Sample): Tensor[] {
  const { batch, queries, keys, depth, valueDepth } = sample;
  const { values, mask, isCausal } = sampleOf(sample);
  const widths = [depth, depth, valueDepth, valueDepth];
  const [q, k, v, dy] = values.map((data, i) => {
    return tensor(data, { shape: [batch, i % 3 === 0 ? queries : keys, widths[i] as number] });
  }) as [Tensor, Tensor, Tensor, Tensor];
  if (kernel === "plain") {
    const options = mask === undefined ? { isCausal } : { isCausal, mask };
    using tape = new GradientTape();
    tape.watch(q, k, v);
    const y = scaledDotProductAttention(q, k, v, options);
    return [y, ...(tape.gradient(y, [q, k, v], dy) as Tensor[])];
  }
  const scale = 1 / Math.sqrt(depth);
  const job = { batchShape: [batch], queries, keys, mask, isCausal, scale };
  const fused = new FusedAttention(kernel, [q, k, v], job);
  const { y, kept } = fused.forward();
  return [y, ...fused.backward(dy, y, kept)];
}

describe.each(KERNELS)("%s", (kernel) => {
  test.each(SAMPLES)("%i queries, %i keys, depth %i, mask %s", async (...row) => {
    const [queries, keys, depth, masking] = row;
    const sample = { batch: 2, queries, keys, depth, valueDepth: depth, masking };
    const { values, bias } = sampleOf(sample);
    const want = attentionByDefinition(sample, values, 1 / Math.sqrt(depth), bias);
    const got = runKernel(kernel, sample);
    const shapes = [queries, queries, keys, keys].map((rows) => [2, rows, depth]);
    for (const [i, name] of (["y", "dq", "dk", "dv"] as const).entries()) {
      const close = { rtol: 1e-4, atol: 2e-5 };
      await expectClose(got[i] as Tensor, want[name], shapes[i] as number[], close);
    }
  });
});

describe.each(["software", "gpu"] as const)("kernels for %s", (adapterClass) => {
  takeAdapterFor(adapterClass);

  test.each([
    [5, 6, 1, 3],
    [16, 31, 65, 20],
    [9, 70, 3, 5],
    [20, 70, 130, 4],
    [20, 70, 6, 64],
    [17, 70, 64, 64],
  ])("%i queries, %i keys, depths %i and %i", async (queries, keys, depth, valueDepth) => {
    const sample = { batch: 2, queries, keys, depth, valueDepth, masking: "bool" } as const;
    const { values, bias } = sampleOf(sample);
    const want = attentionByDefinition(sample, values, 1 / Math.sqrt(depth), bias);
    const [y, dq, dk, dv] = runKernel("plain", sample) as [Tensor, Tensor, Tensor, Tensor];
    const close = { rtol: 1e-4, atol: 2e-5 };
    await expectClose(y, want.y, [2, queries, valueDepth], close);
    await expectClose(dq, want.dq, [2, queries, depth], close);
    await expectClose(dk, want.dk, [2, keys, depth], close);
    await expectClose(dv, want.dv, [2, keys, valueDepth], close);
  });

  test.each([5, 70])("views, shared heads and broadcast masks with %i keys", async (keys) => {
    // [batch, length, groups, heads, depth] seen as [batch, groups, heads, length, depth].
    const split = (x: Tensor): Tensor => x.transpose([0, 2, 3, 1, 4]);
    const q = split(randomTensor([2, 18, 2, 3, 8], 1));
    const [k, v] = [
      split(randomTensor([2, keys, 2, 1, 8], 2)),
      split(flip(ones([2, keys, 2, 1, 8]))),
    ];
    const values = v.mul(randomTensor([keys, 1], 3));
    const mask = randomTensor([2, 1, 1, 1, keys], 4, -1, 2).greater(0);
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => {
      return scaledDotProductAttention(a, b, c, { mask, scale: 0.5 });
    };
    const byOps = (a: Tensor, b: Tensor, c: Tensor): Tensor => {
      const scores = matmul(a, b, { transposeB: true }).mul(0.5);
      return matmul(softmax(where(mask, scores, -1e30)), c);
    };
    const dy = randomTensor([2, 2, 3, 18, 8], 6);
    const inputs = [q, k, values] as const;
    await expectClose(f(...inputs), await byOps(...inputs).data(), dy.shape, { rtol: 1e-4 });
    const got = grad(() => sum(mul(f(...inputs), dy)), inputs);
    const want = grad(() => sum(mul(byOps(...inputs), dy)), inputs);
    for (const [i, gradient] of got.entries()) {
      const data = await (want[i] as Tensor).data();
      const { shape } = inputs[i] as Tensor;
      await expectClose(gradient as Tensor, data, shape, { rtol: 1e-4, atol: 2e-5 });
    }
  });

  test.each<[string, number[], (qkv: Tensor) => Tensor[]]>([
    ["parts of rows", [2, 70, 3 * 2 * 8], (qkv) => split(qkv, 3, -1)],
    ["parts of heads", [2, 70, 2, 3 * 8], (qkv) => split(qkv, 3, -1)],
    ["whole blocks", [3, 2, 70, 2 * 8], (qkv) => [0, 1, 2].map((i) => qkv.slice([i]))],
  ])("heads of one product are read and written in place: %s", async (name, shape, partsOf) => {
    const qkv = randomTensor(shape, 1);
    const dy = randomTensor([2, 70, 16], 2);
    const f = (x: Tensor, order: (x: Tensor) => Tensor): Tensor => {
      const heads = partsOf(x).map((part) =>
        order(part.reshape([2, 70, 2, 8]).transpose([0, 2, 1, 3])),
      );
      const [q, k, v] = heads as [Tensor, Tensor, Tensor];
      const y = scaledDotProductAttention(q, k, v, { isCausal: true });
      return order(y).transpose([0, 2, 1, 3]).reshape([2, 70, 16]);
    };
    const { recorder } = device();
    const run = (order: (x: Tensor) => Tensor): { y: Tensor; dx: Tensor; counts: number[] } => {
      using tape = new GradientTape();
      tape.watch(qkv);
      const start = recorder.dispatchCount;
      const y = f(qkv, order);
      const middle = recorder.dispatchCount;
      const [dx] = tape.gradient(y, [qkv], dy) as [Tensor];
      return { y, dx, counts: [middle - start, recorder.dispatchCount - middle] };
    };
    const got = run((x) => x);
    const want = run((x) => x.contiguous());
    await expectClose(got.y, await want.y.data(), [2, 70, 16], { rtol: 1e-5, atol: 1e-6 });
    await expectClose(got.dx, await want.dx.data(), shape, { rtol: 1e-5, atol: 1e-6 });
    if (name === "whole blocks") return;
    expect(got.counts).toEqual([1, adapterClass === "gpu" ? 3 : 2]);
  });

  test("more broadcast axes than the kernels walk", async () => {
    const q = randomTensor([2, 1, 2, 1, 16, 4], 1);
    const k = randomTensor([1, 2, 1, 2, 70, 4], 2);
    const v = randomTensor([2, 2, 1, 1, 70, 4], 3);
    const mask = randomTensor([1, 2, 2, 1, 1, 70], 4).greater(0);
    const scores = matmul(q, k, { transposeB: true }).mul(0.5);
    const want = matmul(softmax(where(mask, scores, -1e30)), v);
    const got = scaledDotProductAttention(q, k, v, { mask });
    await expectClose(got, await want.data(), [2, 2, 2, 2, 16, 4], { rtol: 1e-4 });
  });

  test.each([6, 70])(
    "a bias has a gradient, summed over what it broadcast: %i keys",
    async (keys) => {
      const [q, k, v] = [1, 2, 3].map((seed) => {
        return randomTensor([2, 2, seed === 1 ? 17 : keys, 4], seed);
      }) as [Tensor, Tensor, Tensor];
      const bias = randomTensor([2, 1, keys], 4);
      await expectGradients(
        (...[a, b, c, mask]: Tensor[]) => {
          const options = { mask: mask as Tensor, isCausal: true };
          return scaledDotProductAttention(a as Tensor, b as Tensor, c as Tensor, options);
        },
        [q, k, v, bias],
      );
    },
  );

  test.each([5, 70])("second derivatives with %i keys", async (keys) => {
    const q = randomTensor([17, 4], 1);
    const [k, v] = [randomTensor([keys, 4], 2), randomTensor([keys, 4], 3)];
    const u = randomTensor([17, 4], 4);
    const gradient = (...[a, b, c]: Tensor[]): Tensor => {
      const inputs = [a, b, c] as [Tensor, Tensor, Tensor];
      const loss = (): Tensor => sum(mul(scaledDotProductAttention(...inputs), u));
      const [dq, dk, dv] = grad(loss, inputs) as [Tensor, Tensor, Tensor];
      return dq.sum().add(dk.square().sum()).add(dv.square().sum());
    };
    await expectGradients(gradient, [q, k, v]);
  });

  test("nothing to attend to, or nothing at all", async () => {
    const mask = zeros([3, 4], "bool");
    const [q, k] = [randomTensor([3, 8], 1), randomTensor([4, 8], 2)];
    const y = scaledDotProductAttention(q, k, k, { mask });
    await expectClose(y, new Float32Array(24), [3, 8]);
    const [dq] = grad(() => scaledDotProductAttention(q, k, k, { mask }).sum(), [q]);
    await expectClose(dq as Tensor, new Float32Array(24), [3, 8]);
    const none = zeros([0, 8]);
    await expectClose(scaledDotProductAttention(q, none, none), new Float32Array(24), [3, 8]);
    expect(scaledDotProductAttention(none, k, k).shape).toEqual([0, 8]);
    expect(scaledDotProductAttention(zeros([0, 500, 8]), k, k).shape).toEqual([0, 500, 8]);
  });

  test("causal is the mask j ≤ i", async () => {
    const [q, k] = [randomTensor([3, 8], 1), randomTensor([5, 8], 2)];
    const mask = lessEqual(arange(5), arange(3).reshape([3, 1]));
    const want = await scaledDotProductAttention(q, k, k, { mask }).data();
    await expectClose(scaledDotProductAttention(q, k, k, { isCausal: true }), want, [3, 8]);
  });

  test("the fused kernels keep nothing of size queries × keys", async () => {
    const length = 1024;
    const [q, k, v] = [1, 2, 3].map((seed) => randomTensor([length, 4], seed)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const owner = device();
    const sizes: number[] = [];
    const real = owner.allocate.bind(owner);
    const allocate = vi.spyOn(owner, "allocate").mockImplementation((bytes, kind) => {
      sizes.push(bytes);
      return real(bytes, kind);
    });
    const y = scaledDotProductAttention(q, k, v);
    if (adapterClass === "gpu") grad(() => scaledDotProductAttention(q, k, v).sum(), [q, k, v]);
    allocate.mockRestore();
    await y.data();
    // dk and dv lie in one block.
    expect(Math.max(...sizes)).toBe(length * 4 * 4 * (adapterClass === "gpu" ? 2 : 1));
  });

  test("the same bits every time", async () => {
    const sample: Sample = {
      ...{ batch: 3, queries: 70, keys: 90, depth: 16, valueDepth: 16, masking: "f32" },
    };
    for (const kernel of KERNELS) {
      const [a, b] = [runKernel(kernel, sample), runKernel(kernel, sample)];
      for (const [i, x] of a.entries()) expect(await x.data()).toEqual(await b[i]?.data());
    }
  });

  test("wrong calls", () => {
    const [q, k] = [zeros([2, 3, 8]), zeros([2, 5, 8])];
    const call = scaledDotProductAttention;
    expect(() => call(zeros([8]), k, k)).toThrow(ShapeError);
    expect(() => call(q, zeros([2, 5, 4]), k)).toThrow(/^scaledDotProductAttention: q and k/);
    expect(() => call(q, k, zeros([2, 4, 8]))).toThrow(ShapeError);
    expect(() => call(q, zeros([3, 5, 8]), zeros([3, 5, 8]))).toThrow(ShapeError);
    expect(() => call(zeros([3, 8], "i32"), k, k)).toThrow(DtypeError);
    expect(() => call(q, k, k, { mask: zeros([3, 4], "bool") })).toThrow(ShapeError);
    expect(() => call(q, k, k, { mask: zeros([4, 2, 3, 5], "bool") })).toThrow(ShapeError);
    expect(() => call(q, k, k, { mask: zeros([3, 5], "u32") })).toThrow(DtypeError);
    expect(() => call(q, k, k, { scale: NaN })).toThrow(UsageError);
  });
});

describe("planAttention", () => {
  const problem = {
    ...{ batch: 8, queries: 1024, keys: 1024, depth: 64, valueDepth: 64 },
    isDifferentiated: true,
    isMaskWatched: false,
  };

  test("long sequences are fused, by class", () => {
    expect(planAttention(problem, "gpu")).toEqual({ kernel: "tiled", depth: 64 });
    expect(planAttention(problem, "software").kernel).toBe("kept");
    const inference = { ...problem, isDifferentiated: false };
    expect(planAttention(inference, "software")).toEqual({ kernel: "block", depth: 64 });
    expect(planAttention({ ...problem, batch: 16 }, "software").kernel).toBe("block");
    expect(planAttention({ ...problem, keys: 16 }, "gpu").kernel).toBe("plain");
    expect(planAttention({ ...inference, keys: 8 }, "software").kernel).toBe("plain");
  });

  test("rows are padded to vectors of the longer depth", () => {
    expect(planAttention({ ...problem, depth: 3, valueDepth: 9 }, "gpu").depth).toBe(12);
    expect(planAttention({ ...problem, depth: 129 }, "gpu").kernel).toBe("plain");
    expect(planAttention({ ...problem, depth: 128 }, "gpu").kernel).toBe("tiled");
  });

  test("a watched mask needs all scores", () => {
    expect(planAttention({ ...problem, isMaskWatched: true }, "gpu").kernel).toBe("plain");
  });
});
