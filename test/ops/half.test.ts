// f16 tensors where the adapter has shader-f16, and what is said where it has not.

import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { DeviceError, type Tensor, Variable, cast, grad, tensor } from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { SGD } from "../../src/optimizers/index.ts";
import { argSort } from "../../src/ops/sort.ts";
import { cumSum } from "../../src/ops/scan.ts";
import { takeAlongAxis } from "../../src/ops/elements.ts";
import { nanToNum } from "../../src/ops/finite.ts";
import { device } from "../../src/gpu/device.ts";
import { fromHalf, toHalf } from "../../src/tensor/half.ts";
import { expectClose, numbers } from "../support/check.ts";
import { takeAdapterFor } from "../support/classes.ts";

const hasHalf = device().info.features.f16;
const ALL = Array.from({ length: 65536 }, (_, bits) => bits);
const isFinite16 = (bits: number): boolean => (bits & 0x7c00) !== 0x7c00;

/** Numbers that f16 holds, in both dtypes. */
function pair(shape: readonly number[], seed = 1, low = -1, high = 1): [Tensor, Tensor] {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = numbers(size, seed, low, high).map((x) => fromHalf(toHalf(x)));
  return [tensor(values, { shape, dtype: "f16" }), tensor(values, { shape })];
}

/** Expects an op to give in f16 what it gives in f32, for value and gradients. */
async function expectAlike(
  op: (...xs: Tensor[]) => Tensor,
  pairs: readonly [Tensor, Tensor][],
  { rtol = 2e-3, atol = 1e-3, isSmooth = true } = {},
): Promise<void> {
  const [half, full] = [pairs.map(([x]) => x), pairs.map(([, x]) => x)];
  const [y, want] = [op(...half), op(...full)];
  expect(y.dtype).toBe(want.dtype === "f32" ? "f16" : want.dtype);
  await expectClose(y, (await want.data()) as Float32Array, want.shape, { rtol, atol });
  if (!isSmooth || want.dtype !== "f32") return;
  const grads = grad(() => renga.sum(op(...half)), half);
  const wanted = grad(() => renga.sum(op(...full)), full);
  for (const [k, gradient] of grads.entries()) {
    expect(gradient?.dtype).toBe("f16");
    const data = (await wanted[k]?.data()) as Float32Array;
    const tolerance = { rtol: 4 * rtol, atol: 4 * atol };
    await expectClose(gradient as Tensor, data, half[k]?.shape ?? [], tolerance);
  }
}

describe("half precision on the host", () => {
  test("every f16 survives the way to a number and back", () => {
    for (const bits of ALL) {
      const value = fromHalf(bits);
      expect(toHalf(value)).toBe(Number.isNaN(value) ? 0x7e00 : bits);
    }
  });

  test("rounds to nearest, halfway to even", () => {
    const rounded = (x: number): number => fromHalf(toHalf(x));
    expect(rounded(1 + 2 ** -11)).toBe(1);
    expect(rounded(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(rounded(1 + 2 ** -11 + 2 ** -30)).toBe(1 + 2 ** -10);
    expect(rounded(2 ** -25)).toBe(0);
    expect(rounded(3 * 2 ** -25)).toBe(2 ** -23);
    expect(rounded(2047.9999)).toBe(2048);
    expect([rounded(65519), rounded(65520), rounded(-1e9)]).toEqual([65504, Infinity, -Infinity]);
    expect(rounded(-0)).toBe(-0);
  });
});

describe.skipIf(hasHalf)("an adapter without shader-f16", () => {
  test.each<[string, () => unknown]>([
    ["tensor", () => tensor([1], { dtype: "f16" })],
    ["full", () => renga.zeros([2], "f16")],
    ["full", () => renga.ones([2], "f16")],
    ["arange", () => renga.arange(0, 3, 1, "f16")],
    ["cast", () => cast(tensor([1]), "f16")],
  ])("%s says so", (op, make) => {
    expect(make).toThrow(DeviceError);
    const message = new RegExp(`^${op}: .*this adapter has no shader-f16. Use "f32".$`);
    expect(make).toThrow(message);
  });
});

describe.skipIf(!hasHalf)("f16 (skipped where the adapter has no shader-f16)", () => {
  test("every finite f16 goes to f32 and back exactly, through views too", async () => {
    const values = Float32Array.from(ALL.filter(isFinite16), fromHalf);
    const x = tensor(values, { dtype: "f16" });
    expect(await x.data()).toEqual(values);
    expect(await cast(x, "f32").data()).toEqual(values);
    expect(await cast(tensor(values), "f16").data()).toEqual(values);
    const reversed = cast(renga.flip(x), "f32");
    expect(await reversed.data()).toEqual(values.toReversed());
  });

  test("an f32 between two f16 becomes one of them", async () => {
    const values = numbers(5000, 4, -100, 100);
    const got = (await cast(tensor(values), "f16").data()) as Float32Array;
    values.forEach((value, i) => {
      const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
      expect(Math.abs((got[i] as number) - value)).toBeLessThan(step);
    });
  });

  test("casts to and from every dtype", async () => {
    const x = tensor([0, 1.5, -2.75, 300], { dtype: "f16" });
    expect(await cast(x, "i32").array()).toEqual([0, 1, -2, 300]);
    expect(await cast(x.abs(), "u32").array()).toEqual([0, 1, 2, 300]);
    expect(await cast(x, "bool").array()).toEqual([false, true, true, true]);
    for (const dtype of ["i32", "u32", "bool"] as const) {
      const y = cast(tensor([0, 1, 1], { dtype }), "f16");
      expect(await y.array()).toEqual([0, 1, 1]);
    }
    const [gradient] = grad(() => renga.sum(cast(cast(x, "f32").mul(2), "f16")), [x]);
    expect(gradient?.dtype).toBe("f16");
    expect(await gradient?.array()).toEqual([2, 2, 2, 2]);
  });

  test.each([0, 1, 2, 3, 5, 7, 64, 65, 1001])("%i elements, whole and in parts", async (size) => {
    const [x, want] = pair([size], 3);
    expect(await x.data()).toEqual(await want.data());
    expect(await x.add(x).data()).toEqual(await want.add(want).data());
    for (let start = 0; start < Math.min(size, 4); start++) {
      const part = x.slice([[start, size]]);
      expect(await part.data()).toEqual(await want.slice([[start, size]]).data());
      const variable = new Variable(part);
      expect(await variable.data()).toEqual(await part.data());
      variable.assign(part.mul(2));
      expect(await variable.data()).toEqual(await part.mul(2).data());
      variable.dispose();
    }
  });

  test("creation", async () => {
    expect(await renga.zeros([3], "f16").array()).toEqual([0, 0, 0]);
    expect(await renga.ones([3], "f16").array()).toEqual([1, 1, 1]);
    expect(await renga.full([1], 0.1, "f16").item()).toBeCloseTo(0.1, 3);
    expect(await renga.arange(0, 5, 0.5, "f16").array()).toEqual(
      await renga.arange(0, 5, 0.5).array(),
    );
    const typed = Object.assign([1, 2], { [Symbol.toStringTag]: "Float16Array" });
    expect(typed.length).toBe(2);
    const Half = (globalThis as { Float16Array?: new (values: number[]) => Float32Array })
      .Float16Array;
    if (Half !== undefined) expect(tensor(new Half([1, 2.5])).dtype).toBe("f16");
  });

  test("unary ops", async () => {
    const positive = pair([5, 7], 2, 0.3, 2);
    const { abs, exp, log, sqrt, rsqrt, square, reciprocal, sin, cos, erf, neg } = renga;
    const { relu, tanh, sigmoid, softplus, silu, log1p, expm1 } = renga;
    const rows = [abs, exp, log, sqrt, rsqrt, square, reciprocal, sin, cos, erf, neg];
    for (const op of [...rows, relu, tanh, sigmoid, softplus, silu, log1p, expm1]) {
      await expectAlike(op, [positive]);
      await expectAlike((x) => op(x.transpose()), [positive]);
    }
    await expectAlike((x) => renga.gelu(x), [positive]);
    await expectAlike((x) => x.clip({ min: 0.5 }), [positive]);
    await expectAlike((x) => renga.floor(x), [positive]);
    const special = tensor([NaN, Infinity, -Infinity, 1], { dtype: "f16" });
    expect(await nanToNum(special).array()).toEqual([0, 65504, -65504, 1]);
  });

  test("binary ops by every path", async () => {
    const { add, sub, mul, div, maximum, pow } = renga;
    const shapes: readonly [number[], number[]][] = [
      [[7], [7]],
      [[2, 3, 4], [4]],
      [[5, 3], [3]],
      [[3, 4], []],
      [[], [3, 5]],
      [[4, 1], [1, 6]], // prettier-ignore
    ];
    for (const op of [add, sub, mul, div, maximum, pow]) {
      for (const [a, b] of shapes) await expectAlike(op, [pair(a, 1, 0.5, 2), pair(b, 2, 2.1, 3)]);
      await expectAlike((x) => op(x, 1.5), [pair([6], 1, 0.5, 1.4)]);
      await expectAlike((x) => op(2.5, x), [pair([6], 1, 0.5, 1.4)]);
    }
    expect(await renga.equal(renga.full([3], 0.1, "f16"), fromHalf(toHalf(0.1))).array()).toEqual(
      await renga.equal(renga.full([3], 0.1, "f16"), renga.full([3], 0.1, "f16")).array(),
    );
    await expectAlike((x, y) => x.less(y), [pair([9], 1), pair([9], 2)]);
    expect(() => add(pair([2])[0], pair([2])[1])).toThrow(/add: .*f16 and f32.*Cast one/);
  });

  test("moving: where, concat, pad, slice, tile, gather, sort, scan", async () => {
    const [x, y] = [pair([3, 5], 1), pair([3, 3], 2)];
    await expectAlike((a, b) => renga.concat([a, b], 1), [x, y]);
    await expectAlike((a, b) => renga.concat([a.slice([[0, 1]]), b.reshape([1, 9])], 1), [x, y]);
    await expectAlike((a) => renga.pad(a, [[1, 0], [0, 2]], 3), [x]); // prettier-ignore
    await expectAlike((a) => a.slice([1, { step: -2 }]), [x]);
    await expectAlike((a) => renga.where(a.greater(0), a, a.mul(2)), [x]);
    await expectAlike((a) => renga.tile(a, [2, 3]), [x]);
    const ids = tensor(Int32Array.of(2, 0, 2, -1));
    await expectAlike((a) => a.gather(ids), [x]);
    await expectAlike((a) => a.gather(renga.full([100], 1, "i32"), 1), [x]);
    const places = tensor(Int32Array.of(0, 4, 0, 1, 1, 1), { shape: [3, 2] });
    await expectAlike((a) => takeAlongAxis(a, places, 1), [x]);
    await expectAlike((a) => argSort(a), [x]);
    await expectAlike((a) => cumSum(a, 1), [x]);
    const [half] = x;
    expect(await new renga.Generator(1).dropout(half, 0.5).data()).toEqual(
      await cast(new renga.Generator(1).dropout(cast(half, "f32"), 0.5), "f16").data(),
    );
  });

  test("tapes and optimizers", async () => {
    const w = new Variable(renga.ones([2], "f16"));
    const loss = (): Tensor => renga.sum(w.mul(w));
    expect(await grad(loss, [w])[0]?.array()).toEqual([2, 2]);
    expect(() => new SGD({ learningRate: 0.1 }).minimize(loss, [w])).toThrow(
      /parameters must be f32/,
    );
    using tape = new renga.GradientTape();
    const dy = renga.ones([]);
    expect(() => tape.gradient(loss(), [w], dy)).toThrow(/dtype of the target/);
    expect(() => renga.cholesky(renga.zeros([2, 2], "f16"))).toThrow(
      /cholesky: the dtype must be f32. Got f16. Cast first/,
    );
    const kept = new Variable(renga.ones([3]));
    new SGD({ learningRate: 1 }).minimize(() => cast(renga.sum(kept.cast("f16")), "f32"), [kept]);
    expect(await kept.array()).toEqual([0, 0, 0]);
  });

  describe.each(["software", "gpu"] as const)("kernels for %s adapters", (adapterClass) => {
    takeAdapterFor(adapterClass);

    test("reductions accumulate in f32", async () => {
      const tenths = renga.full([10_000], 0.1, "f16");
      const want = 10_000 * fromHalf(toHalf(0.1));
      expect(Math.abs((await renga.sum(tenths).item()) - want)).toBeLessThanOrEqual(0.5);
      // No partial result fits into f16.
      const large = await renga.mean(renga.full([100_000], 60_000, "f16")).item();
      expect(Math.abs(large - 60_000)).toBeLessThanOrEqual(32);
      const x = pair([3, 5, 67], 1, 0.8, 1.2);
      for (const axes of [0, 1, 2, [0, 2], undefined]) {
        await expectAlike((a) => renga.sum(a, axes), [x]);
        await expectAlike((a) => renga.mean(a, axes), [x]);
        await expectAlike((a) => renga.max(a, axes), [x]);
        await expectAlike((a) => renga.logSumExp(a, axes), [x], { rtol: 4e-3 });
      }
      await expectAlike((a) => renga.prod(a, 1), [x]);
      await expectAlike((a) => renga.argMax(a, 2), [x]);
      await expectAlike((a) => renga.sum(a, 0), [pair([0, 3])]);
    });

    test.each([
      [1, 1, 1],
      [3, 5, 7],
      [8, 16, 8],
      [65, 33, 63],
      [2, 4096, 3],
    ])("matmul %i × %i × %i in every order", async (m, k, n) => {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const a = pair(transposeA ? [k, m] : [m, k], 1, 0.1, 0.2);
          const b = pair(transposeB ? [n, k] : [k, n], 2, 0.1, 0.2);
          const bias = pair([n], 3);
          const options = { transposeA, transposeB };
          await expectAlike((x, y) => renga.matmul(x, y, options), [a, b]);
          const epilogue = { ...options, activation: "tanh" } as const;
          const layer = (x: Tensor, y: Tensor, z: Tensor): Tensor =>
            renga.matmul(x, y, { ...epilogue, bias: z });
          await expectAlike(layer as never, [a, b, bias], { isSmooth: false });
        }
      }
      const mixed = (): Tensor => renga.matmul(pair([2, 2])[0], pair([2, 2])[1]);
      expect(mixed).toThrow(/matmul: the dtype must be f16. Got f32. Cast first/);
    });

    test.each([1, 33, 257])("softmax and cross-entropy over %i classes", async (classes) => {
      const logits = pair([3, classes], 1, -2, 2);
      await expectAlike((x) => renga.softmax(x).mul(3), [logits]);
      await expectAlike((x) => renga.logSoftmax(x), [logits], { atol: 1e-2 });
      await expectAlike((x) => renga.softmax(x, 0), [logits]);
      const labels = tensor(Int32Array.of(0, classes - 1, 0));
      await expectAlike((x) => crossEntropy(x, labels), [logits]);
      const q = pair([3, classes], 2, 0, 2 / classes);
      await expectAlike((x, p) => crossEntropy(x, p), [logits, q]);
      const second = (x: Tensor): Tensor =>
        renga.sum(
          grad(() => crossEntropy(x, labels), [x])[0]
            ?.mul(100)
            .square() as Tensor,
        );
      await expectAlike(second, [logits], { atol: 2e-2, rtol: 2e-2 });
    });
  });

  test.each<[string, (...xs: Tensor[]) => Tensor, readonly (readonly number[])[]]>([
    [
      "conv",
      (x, w) => renga.conv(x, w, { stride: 2 }),
      [
        [2, 5, 5, 3],
        [3, 3, 3, 4],
      ],
    ],
    [
      "convTranspose",
      (x, w) => renga.convTranspose(x, w),
      [
        [1, 4, 3],
        [3, 2, 3],
      ],
    ],
    [
      "depthwiseConv",
      (x, w) => renga.depthwiseConv(x, w),
      [
        [1, 5, 5, 4],
        [3, 3, 4, 1],
      ],
    ],
    ["maxPool", (x) => renga.maxPool(x, 2), [[1, 5, 4, 3]]],
    ["avgPool", (x) => renga.avgPool(x, 2), [[1, 5, 4, 3]]],
    ["globalAvgPool", (x) => renga.globalAvgPool(x), [[2, 3, 3, 2]]],
    ["adaptiveAvgPool", (x) => renga.adaptiveAvgPool(x, 2), [[1, 5, 5, 2]]],
    ["resize", (x) => renga.resize(x, { scale: 2, method: "bilinear" }), [[1, 3, 3, 2]]],
    ["layerNorm", (x, scale) => renga.layerNorm(x, { scale }), [[3, 8], [8]]],
    ["rmsNorm", (x) => renga.rmsNorm(x), [[3, 8]]],
    ["batchNorm", (x, scale) => renga.batchNorm(x, { scale }).y, [[6, 4], [4]]],
    ["groupNorm", (x) => renga.groupNorm(x, 2), [[2, 3, 4]]],
    [
      "attention",
      (q, k, v) => renga.scaledDotProductAttention(q, k, v),
      [
        [2, 5, 4],
        [2, 6, 4],
        [2, 6, 3],
      ],
    ],
    ["rotaryEmbedding", (x) => renga.rotaryEmbedding(x), [[5, 4]]],
    [
      "lstmUpdate",
      (x, h, cell) => renga.lstmUpdate(x, h, cell).hidden,
      [
        [3, 8],
        [3, 8],
        [3, 2],
      ],
    ],
    [
      "lstmCell",
      (x, hidden, cell, wInput, wHidden) =>
        renga.lstmCell(x, { hidden, cell }, { wInput, wHidden }).hidden,
      [
        [2, 3],
        [2, 4],
        [2, 4],
        [3, 16],
        [4, 16],
      ],
    ],
    [
      "gru",
      (x, state, wInput, wHidden) => renga.gru(x, state, { wInput, wHidden }).outputs,
      [
        [3, 2, 3],
        [2, 4],
        [3, 12],
        [4, 12],
      ],
    ],
    [
      "vanillaRnn",
      (x, state, wInput, wHidden) => renga.vanillaRnn(x, state, { wInput, wHidden }).state,
      [
        [3, 2, 3],
        [2, 4],
        [3, 4],
        [4, 4],
      ],
    ],
  ])("%s computes in f32", async (_, op, shapes) => {
    const pairs = shapes.map((shape, i) => pair(shape, i + 1));
    await expectAlike(op, pairs, { rtol: 4e-3, atol: 4e-3 });
  });
});
