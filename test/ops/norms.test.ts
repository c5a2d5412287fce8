import { describe, expect, test } from "vitest";
import {
  GradientTape,
  type Tensor,
  batchNorm,
  grad,
  groupNorm,
  instanceNorm,
  layerNorm,
  mul,
  rmsNorm,
  sum,
  tensor,
  zeros,
} from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { takeAdapterFor } from "../support/classes.ts";
import {
  type Norm,
  type Place,
  expectNorm,
  placesOf,
  reference,
} from "../support/normReference.ts";

const ROWS = [
  [1, 1],
  [5, 1],
  [7, 5],
  [65, 12],
  [130, 4],
  [2, 64],
  [3, 65],
  [2, 252],
  [3, 257],
  [2, 1030],
  [2, 4, 1028],
  [300, 36],
  [1100, 8],
  [2100, 17],
  [0, 4],
  [4, 0],
];

/** Shapes with channels last, and a number of groups. */
const CHANNELS: readonly (readonly [readonly number[], number])[] = [
  [[1, 1], 1],
  [[8, 5], 5],
  [[5, 8], 2],
  [[3, 5, 3, 4], 2],
  [[2, 7, 6], 3],
  [[2, 2, 3, 2, 8], 4],
  [[2, 4, 12], 3],
  [[1, 300, 1], 1],
  [[2, 1030, 3], 3],
  [[3, 17, 19, 8], 2],
  [[70, 2, 2, 4], 4],
  [[2, 3, 130], 1],
  [[0, 4, 6], 3],
  [[2, 0, 6], 3],
];

describe.each(["software", "gpu"] as const)("norms on adapters of the class %s", (adapterClass) => {
  takeAdapterFor(adapterClass);

  test.each(ROWS.map((shape) => [shape]))("rows of %j", async (shape) => {
    const length = shape.at(-1) as number;
    const rows = {
      setOf: (i: number) => Math.floor(i / length),
      affineOf: (i: number) => i % length,
    };
    const layer: Norm = (x, scale, offset) => layerNorm(x, { scale, offset });
    await expectNorm(layer, shape, [length], rows);
    const rms: Norm = (x, scale, offset) => rmsNorm(x, { scale }).add(offset);
    await expectNorm(rms, shape, [length], { ...rows, isCentered: false });
  });

  test("gradients take two dispatches at most, and only what is wanted", async () => {
    const [x, dy] = [randomTensor([70, 12], 1), randomTensor([70, 12], 2)];
    const [scale, offset] = [randomTensor([12], 3), randomTensor([12], 4)];
    const { recorder } = device();
    const run = (sources: readonly Tensor[]): { got: (Tensor | null)[]; count: number } => {
      using tape = new GradientTape();
      tape.watch(...sources);
      const y = layerNorm(x, { scale, offset });
      const before = recorder.dispatchCount;
      return { got: tape.gradient(y, sources, dy), count: recorder.dispatchCount - before };
    };
    const all = run([x, scale, offset]);
    expect(all.count).toBe(2);
    for (const [sources, count] of [
      [[x], 1],
      [[scale, offset], 2],
      [[offset], 2],
    ] as const) {
      const some = run(sources);
      expect(some.count).toBe(count);
      for (const [i, source] of sources.entries()) {
        const want = all.got[[x, scale, offset].indexOf(source)] as Tensor;
        await expectClose(some.got[i] as Tensor, await want.data(), want.shape);
      }
    }
  });

  test("layer norm over other axes", async () => {
    const two: Norm = (x, scale, offset) => layerNorm(x, { axes: [1, 2], scale, offset });
    await expectNorm(two, [4, 3, 5], [3, 5], {
      setOf: (i) => Math.floor(i / 15),
      affineOf: (i) => i % 15,
    });
    const outer: Norm = (x, scale, offset) => layerNorm(x, { axes: [0, -1], scale, offset });
    await expectNorm(outer, [4, 3, 5], [4, 5], {
      setOf: (i) => Math.floor(i / 5) % 3,
      affineOf: (i) => Math.floor(i / 15) * 5 + (i % 5),
    });
    const first: Norm = (x, scale) => rmsNorm(x, { axes: 0, scale });
    const rows = { setOf: (i: number) => i % 4, affineOf: (i: number) => Math.floor(i / 4) };
    const zero: Norm = (x, scale, offset) => first(x, scale, offset).add(offset.expandDims(1));
    await expectNorm(zero, [6, 4], [6], { ...rows, isCentered: false });
  });

  describe.each([false, true])("channels first: %s", (isFirst) => {
    test.each(CHANNELS)("channels of %j in %i groups", async (last, groups) => {
      const { shape, options, itemOf, channelOf } = placesOf(last, isFirst);
      const channels = last.at(-1) as number;
      const width = channels / groups;
      const batch: Norm = (x, scale, offset) => batchNorm(x, { scale, offset, ...options }).y;
      const affineOf = channelOf;
      await expectNorm(batch, shape, [channels], { setOf: channelOf, affineOf });
      const group: Norm = (x, scale, offset) => groupNorm(x, groups, { scale, offset, ...options });
      const groupOf: Place = (i) => itemOf(i) * groups + Math.floor(channelOf(i) / width);
      await expectNorm(group, shape, [channels], { setOf: groupOf, affineOf });
      const single: Norm = (x, scale, offset) => instanceNorm(x, { scale, offset, ...options });
      const instanceOf: Place = (i) => itemOf(i) * channels + channelOf(i);
      await expectNorm(single, shape, [channels], { setOf: instanceOf, affineOf });
    });
  });

  test("large means cost no digits", async () => {
    const want = [-1.34163, -0.44721, 0.44721, 1.34163];
    const close = { rtol: 1e-4, atol: 1e-4 };
    const x = tensor([10000, 10001, 10002, 10003]);
    await expectClose(layerNorm(x), want, [4], close);
    const column = x.reshape([4, 1]);
    const { y, mean, variance } = batchNorm(column);
    await expectClose(y, want, [4, 1], close);
    await expectClose(mean, [10001.5], [1], { rtol: 1e-7 });
    await expectClose(variance, [1.25], [1], close);
    await expectClose(groupNorm(x.reshape([1, 2, 2]), 1), want, [1, 2, 2], close);
    // One outlier among small values, at the very start.
    const values = numbers(4096, 8);
    values[0] = 1e4;
    const spread = reference(values, values, values, values, { setOf: () => 0, affineOf: () => 0 });
    const unit = { scale: tensor([1e4]), offset: zeros([1]) };
    const loose = { rtol: 1e-4, atol: 1e-2 };
    const scaled = spread.y.map((value) => value - 1e4);
    await expectClose(
      batchNorm(tensor(values, { shape: [4096, 1] }), unit).y,
      scaled,
      [4096, 1],
      loose,
    );
    await expectClose(layerNorm(tensor(values), unit), scaled, [4096], loose);
  });

  test("constant rows are zero, also where the constant is no short fraction", async () => {
    const x = tensor(Array<number>(1000).fill(0.1), { shape: [2, 500] });
    await expectClose(layerNorm(x), new Float32Array(1000), [2, 500], { atol: 1e-4 });
    await expectClose(batchNorm(x).y, new Float32Array(1000), [2, 500], { atol: 1e-4 });
    await expectClose(rmsNorm(zeros([3, 5])), new Float32Array(15), [3, 5]);
  });

  test("views are normalised as what they show", async () => {
    const base = randomTensor([7, 6, 5], 2);
    const views = [base.transpose([2, 0, 1]), base.slice([[1, 6]]), base.slice([null, [1, 6, 2]])];
    for (const view of views) {
      const dense = tensor(await view.data(), { shape: view.shape });
      const scale = randomTensor([9, 2], 4).slice([[1, (view.shape.at(-1) as number) + 1], 1]);
      const norms: ((x: Tensor) => Tensor)[] = [
        (x) => layerNorm(x, { scale }),
        (x) => rmsNorm(x, { axes: 0 }),
        (x) => batchNorm(x, { scale }).y,
        (x) => instanceNorm(x, { dataFormat: "NCW" }),
      ];
      for (const norm of norms) {
        const close = { rtol: 1e-6, atol: 1e-6 };
        await expectClose(norm(view), await norm(dense).data(), view.shape, close);
        const dy = randomTensor([...view.shape].reverse(), 5).transpose();
        const [a] = grad(() => sum(mul(norm(view), dy)), [view]) as [Tensor];
        const [b] = grad(() => sum(mul(norm(dense), dy)), [dense]) as [Tensor];
        await expectClose(a, await b.data(), view.shape, close);
      }
    }
  });

  test("the same bits every time", async () => {
    const x = randomTensor([64, 9, 12]);
    const once = async (): Promise<ArrayLike<number>> => {
      const [dx] = grad(() => sum(batchNorm(layerNorm(x)).y.square().tanh()), [x]) as [Tensor];
      return dx.data();
    };
    expect(await once()).toEqual(await once());
  });
});

describe("batch norm", () => {
  test("returns the batch's mean and biased variance, as constants", async () => {
    const x = tensor([
      [1, 10],
      [3, 10],
      [5, 40],
    ]);
    const { mean, variance } = batchNorm(x);
    await expectClose(mean, [3, 20], [2]);
    await expectClose(variance, [8 / 3, 200], [2]);
    expect(grad(() => sum(batchNorm(x).mean), [x])).toEqual([null]);
    const nothing = batchNorm(zeros([0, 2]));
    expect(await nothing.variance.array()).toEqual([0, 0]);
  });

  test.each([false, true])("evaluates by given statistics; channels first: %s", async (isFirst) => {
    const { shape, options, channelOf } = placesOf([3, 5, 2, 4], isFirst);
    const values = numbers(120, 3);
    const x = tensor(values, { shape });
    const [mean, variance] = [randomTensor([4], 1), randomTensor([4], 2, 0.5, 2)];
    const [scale, offset] = [randomTensor([4], 3), randomTensor([4], 4)];
    const [m, v, s, o] = await Promise.all([mean, variance, scale, offset].map((t) => t.data()));
    const want = Array.from(values, (value, i) => {
      const at = (list: ArrayLike<number> | undefined): number => list?.[channelOf(i)] as number;
      return ((value - at(m)) / Math.sqrt(at(v) + 1e-5)) * at(s) + at(o);
    });
    const given = { scale, offset, mean, variance, ...options };
    const result = batchNorm(x, given);
    await expectClose(result.y, want, shape);
    expect([result.mean, result.variance]).toEqual([mean, variance]);
    const all = [x, scale, offset, mean, variance];
    const apply = (...inputs: Tensor[]): Tensor => {
      const [input, factor, shift, center, spread] = inputs as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const statistics = { mean: center, variance: spread };
      return batchNorm(input, { scale: factor, offset: shift, ...statistics, ...options }).y;
    };
    await expectGradients(apply, all);
    const plain = batchNorm(x, { mean, variance, ...options }).y;
    await expectGradients((y) => batchNorm(y, { mean, variance, ...options }).y, [x]);
    expect(plain.shape).toEqual(shape);
    expect(batchNorm(zeros([0, 4]), { mean, variance }).y.shape).toEqual([0, 4]);
  });
});

const SECOND: readonly [string, readonly number[], (x: Tensor, scale: Tensor) => Tensor][] = [
  ["layer norm", [3, 4], (x, scale) => layerNorm(x, { scale, offset: scale })],
  ["RMS norm", [3, 4], (x, scale) => rmsNorm(x, { scale })],
  ["batch norm", [5, 2, 4], (x, scale) => batchNorm(x, { scale, offset: scale }).y],
  ["batch norm without scale", [5, 4], (x) => batchNorm(x).y],
  ["group norm", [2, 3, 4], (x, scale) => groupNorm(x, 2, { scale })],
  [
    "group norm, channels first",
    [2, 4, 3],
    (x, scale) => groupNorm(x, 2, { scale, dataFormat: "NCW" }),
  ],
  ["instance norm", [2, 5, 4], (x, scale) => instanceNorm(x, { scale })],
];

describe("gradients of gradients", () => {
  test.each(SECOND)("%s", async (_, shape, norm) => {
    const x = randomTensor(shape, 11, -2, 2);
    const scale = randomTensor([4], 12, 0.5, 2);
    const v = randomTensor(shape, 13);
    const first = (a: Tensor, b: Tensor, c: Tensor): Tensor => {
      return grad(() => sum(mul(norm(a, b).tanh(), c)), [a])[0] as Tensor;
    };
    await expectGradients(first, [x, scale, v], { step: 3e-3, rtol: 2e-2, atol: 5e-3 });
    // The formula that is differentiated again agrees with the kernel.
    const [alone] = grad(() => sum(mul(norm(x, scale), v)), [x]) as [Tensor];
    using tape = new GradientTape();
    tape.watch(x);
    const [nested] = grad(() => sum(mul(norm(x, scale), v)), [x]) as [Tensor];
    await expectClose(nested, await alone.data(), shape, { rtol: 1e-4, atol: 1e-5 });
  });
});

describe("wrong calls", () => {
  const x = (): Tensor => zeros([2, 3, 4]);
  test("name the op and the way out", () => {
    expect(() => layerNorm(x(), { scale: zeros([3]) })).toThrow(/layerNorm: scale must broadcast/);
    expect(() => layerNorm(x(), { offset: zeros([1, 4]) })).toThrow(/layerNorm: offset.*axes/);
    expect(() => layerNorm(x(), { axes: 3 })).toThrow(/layerNorm: axis/);
    expect(() => layerNorm(zeros([]))).toThrow(/layerNorm/);
    expect(() => rmsNorm(zeros([2], "i32"))).toThrow(/rmsNorm/);
    expect(() => batchNorm(x(), { scale: zeros([3]) })).toThrow(/batchNorm: scale.*NCHW/);
    expect(() => batchNorm(x(), { mean: zeros([4]) })).toThrow(/batchNorm: mean and variance/);
    expect(() => batchNorm(zeros([4]))).toThrow(/batchNorm: x must have a batch axis/);
    expect(() => batchNorm(x(), { dataFormat: "NHWC" })).toThrow(/batchNorm: dataFormat/);
    expect(() => groupNorm(x(), 3)).toThrow(/groupNorm: groups must divide/);
    expect(() => instanceNorm(x(), { offset: zeros([3]) })).toThrow(/instanceNorm: offset/);
  });
});
