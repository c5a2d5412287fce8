import { describe, expect, test } from "vitest";
import {
  type Tensor,
  conv,
  convTranspose,
  depthwiseConv,
  grad,
  mul,
  sum,
  tensor,
  zeros,
} from "../../src/index.ts";
import { planDepthwiseFilter, planFilter, planProduct } from "../../src/ops/convPlan.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { CONVOLUTIONS, expectConvolution } from "./convTable.ts";

describe("conv", () => {
  test.each(CONVOLUTIONS)("%s", async (...row) => expectConvolution(row));

  test("bias, and gradients by differences", async () => {
    const [x, w, b] = [randomTensor([2, 5, 6, 4]), randomTensor([3, 3, 4, 6], 2), randomTensor([6], 3)]; // prettier-ignore
    await expectGradients((...[p, q, bias]) => conv(p as Tensor, q as Tensor, { bias: bias as Tensor, stride: 2 }), [x, w, b]); // prettier-ignore
    await expectGradients(
      (p, q, bias) => depthwiseConv(p, q, { bias }),
      [randomTensor([1, 4, 5, 4]), randomTensor([3, 3, 4, 1], 2), randomTensor([4], 3)],
    );
    await expectGradients(
      (p, q, bias) => conv(p, q, { bias }),
      [randomTensor([1, 4, 5, 4]), randomTensor([1, 1, 4, 3], 2), randomTensor([3], 3)],
    );
  });

  test("channels first, views and slices give the numbers of what they show", async () => {
    const [x, w] = [randomTensor([2, 5, 6, 4]), randomTensor([3, 3, 4, 8], 2)];
    const want = conv(x, w);
    const shape = want.shape;
    const first = x.transpose([0, 3, 1, 2]);
    const last = conv(first, w, { dataFormat: "NCHW" }).transpose([0, 2, 3, 1]);
    await expectClose(last, await want.data(), shape);
    const turned = conv(x, w.transpose([1, 0, 2, 3]).contiguous().transpose([1, 0, 2, 3]));
    await expectClose(turned, await want.data(), shape);
    const larger = tensor(numbers(3 * 5 * 6 * 4, 1), { shape: [3, 5, 6, 4] });
    const part = larger.slice([[1, 3]]);
    await expectClose(conv(part, w), await conv(part.add(0), w).data(), shape);
  });

  test("an empty batch, and no output channels", async () => {
    const [x, w] = [zeros([0, 4, 4, 3]), randomTensor([3, 3, 3, 2])];
    expect(conv(x, w).shape).toEqual([0, 4, 4, 2]);
    const [dx, dw] = grad(() => sum(conv(x, w)), [x, w]);
    expect(dx?.shape).toEqual([0, 4, 4, 3]);
    await expectClose(dw as Tensor, new Float32Array(54), [3, 3, 3, 2]);
    expect(conv(zeros([1, 4, 4, 3]), zeros([3, 3, 3, 0])).shape).toEqual([1, 4, 4, 0]);
  });

  test("what lies outside is zero next to infinite numbers", async () => {
    const x = tensor([Infinity, 1, 1, 1, 1, 1, 1, 1], { shape: [2, 4, 1] });
    const y = await conv(x, tensor([1, 0, 1], { shape: [3, 1, 1] })).data();
    expect(y.slice(4)).toEqual(new Float32Array([1, 2, 2, 1]));
    expect(y.slice(2, 4)).toEqual(new Float32Array([2, 1]));
  });

  test("sixteen million pixels", async () => {
    // A workgroup per 64 pixels would be four times what one dimension holds.
    const length = 8 * 64 * 65_536 + 9;
    const x = zeros([1, length, 1]).add(1);
    const y = conv(x, tensor([2], { shape: [1, 1, 1] }), { stride: 2, padding: "valid" });
    expect(y.shape[1]).toBe(Math.ceil(length / 2));
    expect(await sum(y.slice([0, [-5, undefined]])).item()).toBe(10);
  }, 60_000);
});

describe("second order", () => {
  test.each([
    ["conv", (x: Tensor, w: Tensor) => conv(x, w, { stride: 2 }), [1, 5, 4, 2], [3, 3, 2, 3]],
    ["groups", (x: Tensor, w: Tensor) => conv(x, w, { groups: 2 }), [1, 3, 4, 4], [2, 2, 2, 4]],
    ["depthwise", (x: Tensor, w: Tensor) => depthwiseConv(x, w), [1, 4, 3, 4], [3, 3, 4, 2]],
    ["transposed", (x: Tensor, w: Tensor) => convTranspose(x, w, { stride: 2 }), [1, 3, 3, 2], [3, 3, 3, 2]], // prettier-ignore
  ] as const)("%s: gradients of gradients", async (_, op, xShape, wShape) => {
    const inputs = [randomTensor(xShape), randomTensor(wShape, 2)];
    for (const k of [0, 1]) {
      await expectGradients(
        (x, w) => {
          const objective = (): Tensor => sum(mul(op(x, w).tanh(), op(x, w)));
          return grad(objective, [x, w])[k] as Tensor;
        },
        inputs,
        { step: 3e-3, rtol: 3e-2, atol: 2e-2 },
      );
    }
  });
});

describe("convTranspose", () => {
  test.each([
    ["same", [2, 4, 5, 3], [3, 3, 4, 3], { stride: 2 }, [2, 8, 10, 4]],
    [
      "valid with a gap",
      [1, 3, 4, 2],
      [2, 2, 3, 2],
      { stride: 3, padding: "valid" },
      [1, 9, 12, 3],
    ],
    [
      "outputPadding",
      [1, 4, 5, 4],
      [3, 3, 8, 4],
      {
        stride: 2,
        padding: [
          [1, 1],
          [1, 1],
        ],
        outputPadding: 1,
      },
      [1, 8, 10, 8],
    ],
    ["outputShape", [1, 4, 5, 4], [3, 3, 2, 4], { stride: 2, outputShape: [7, 9] }, [1, 7, 9, 2]],
    ["groups", [1, 4, 3, 4], [3, 3, 3, 4], { stride: 2, groups: 2 }, [1, 8, 6, 6]],
    ["1-D", [2, 6, 3], [5, 4, 3], { stride: 2 }, [2, 12, 4]],
    ["3-D", [1, 3, 2, 3, 2], [3, 3, 3, 2, 2], { stride: 2 }, [1, 6, 4, 6, 2]],
    ["dilated", [1, 4, 4, 2], [2, 2, 3, 2], { dilation: 2, padding: "valid" }, [1, 6, 6, 3]],
  ] as const)(
    "%s: shape, adjoint of conv, gradients",
    async (_, xShape, wShape, options, shape) => {
      const [x, w] = [randomTensor(xShape), randomTensor(wShape, 2)];
      const y = convTranspose(x, w, options as object);
      expect(y.shape).toEqual(shape);
      // ⟨convTranspose(x), v⟩ = ⟨x, conv(v)⟩
      const v = randomTensor(shape, 3);
      const { stride, padding, dilation, groups } = options as Record<string, never>;
      const given = { stride: stride ?? 1, padding: padding ?? "same", dilation: dilation ?? 1 };
      const back = conv(v, w, { ...given, groups: groups ?? 1 });
      expect(back.shape).toEqual(xShape);
      const difference = (await sum(mul(y, v)).item()) - (await sum(mul(x, back)).item());
      expect(Math.abs(difference)).toBeLessThan(2e-4);
      await expectGradients((p, q) => convTranspose(p, q, options as object), [x, w]);
    },
  );

  test("bias and channels first", async () => {
    const [x, w, bias] = [randomTensor([1, 3, 4, 2]), randomTensor([3, 3, 5, 2], 2), randomTensor([5], 3)]; // prettier-ignore
    const want = convTranspose(x, w, { stride: 2 }).add(bias);
    const first = x.transpose([0, 3, 1, 2]);
    const y = convTranspose(first, w, { stride: 2, bias, dataFormat: "NCHW" });
    await expectClose(y.transpose([0, 2, 3, 1]), await want.data(), want.shape);
  });
});

describe("wrong calls", () => {
  const [x, w] = [zeros([1, 8, 8, 3]), zeros([3, 3, 3, 4])];

  test("conv", () => {
    expect(() => conv(zeros([1, 3, 8, 8]), w)).toThrow('Pass { dataFormat: "NCHW" }?');
    expect(() => conv(x, zeros([3, 3, 5, 4]))).toThrow(
      "conv: w must be […kernel, in / groups, out]",
    );
    expect(() => conv(x, w, { groups: 2 })).toThrow("groups times the second last axis of w");
    expect(() => conv(x, w, { stride: -1 })).toThrow("conv: stride must be a positive integer");
    expect(() => conv(x, w, { stride: [1, 2, 3] })).toThrow("for 2 axes");
    expect(() => conv(x, w, { dataFormat: "NCW" })).toThrow("dataFormat must be NHWC or NCHW");
    expect(() => conv(zeros([1, 2, 2, 3]), w, { padding: "valid" })).toThrow("the kernel must fit");
    expect(() => conv(zeros([8, 8, 3]), w)).toThrow("add a batch axis with expandDims(0)");
    expect(() => conv(x, w, { bias: zeros([3]) })).toThrow("bias must be f32 with one element");
    expect(() => conv(x, w, { padding: [[1, 1]] })).toThrow("one entry for each spatial axis");
    expect(() => conv(x, w, { padding: "SAME" as "same" })).toThrow("padding must be same, valid");
  });

  test("convTranspose", () => {
    const t = zeros([3, 3, 4, 3]);
    expect(() => convTranspose(x, zeros([3, 3, 4, 5]))).toThrow("convTranspose: w must be");
    expect(() => convTranspose(x, t, { stride: 2, outputShape: [19, 16] })).toThrow(
      "convTranspose: the convolution of the result must have the lengths of x. " +
        "Got a result of [19, 16] for x with [8, 8]. Without outputShape the result has [16, 16].",
    );
    expect(() => convTranspose(x, t, { outputShape: [8] })).toThrow("must have the lengths of x");
    expect(() => convTranspose(x, t, { stride: 2, outputPadding: 2 })).toThrow("outputPadding");
    expect(() => convTranspose(x, t, { outputPadding: -1 })).toThrow("outputPadding must be below");
  });
});

test("plans: blocks on software, tiles on GPUs, folded grids, splits of the filter gradient", () => {
  const image = { rows: 8192, columns: 64, slices: 1 };
  expect(planProduct(image, "software")).toMatchObject({ kernel: "16", grid: [64, 1] });
  expect(planProduct({ ...image, columns: 20 }, "software").kernel).toBe("16");
  expect(planProduct({ ...image, rows: 196, columns: 32 }, "software").kernel).toBe("8");
  expect(planProduct({ ...image, columns: 3 }, "software").kernel).toBe("4");
  expect(planProduct(image, "gpu")).toMatchObject({ kernel: "large", grid: [128, 1] });
  expect(planProduct({ ...image, rows: 4096 }, "gpu")).toMatchObject({ kernel: "small" });
  expect(planProduct({ ...image, columns: 32 }, "gpu").kernel).toBe("small");
  const [gridX, gridY] = planProduct({ rows: 2 ** 26, columns: 1, slices: 4 }, "gpu").grid;
  expect(Math.max(gridX, gridY)).toBeLessThanOrEqual(65_535);
  expect(gridX * gridY).toBeGreaterThanOrEqual(2 ** 23);
  const filter = { rows: 288, columns: 64, groups: 1, lines: 256, width: 32 };
  expect(planFilter(filter, "software")).toMatchObject({ kernel: "8", splits: 1 });
  expect(planFilter({ ...filter, isInFours: true }, "software")).toMatchObject({
    kernel: "square",
    splits: 4,
  });
  const { splits, chunk } = planFilter(filter, "gpu");
  expect(splits).toBeGreaterThan(20);
  expect(chunk % 16).toBe(0);
  expect(splits * chunk).toBeGreaterThanOrEqual(8192);
  expect(planDepthwiseFilter(1000, 64, "gpu")).toEqual({ splits: 32, chunk: 2 });
});
