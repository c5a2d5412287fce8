// Pooling against its definition, its gradients to the second order, on both classes of adapter.

import { describe, expect, test } from "vitest";
import {
  type AvgPoolOptions,
  type DataFormat,
  type Tensor,
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  globalAvgPool,
  globalMaxPool,
  grad,
  maxPool,
  sum,
  tensor,
  zeros,
} from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";
import { takeAdapterFor } from "../support/classes.ts";

/** One axis of a pooling: the elements each window reads, and how many elements it counts. */
interface Axis {
  readonly length: number;
  readonly windows: readonly { readonly reads: readonly number[]; readonly count: number }[];
}

/** Windows of `kernel` elements over an axis, by definition. */
function axisOf(
  length: number,
  kernel: number,
  { stride = kernel, dilation = 1, pads = [0, 0] as readonly number[], ceil = false },
): Axis {
  const [before, after] = pads as [number, number];
  const windows = [];
  const effective = (kernel - 1) * dilation + 1;
  for (let start = -before; ; start += stride) {
    const fits = start + effective <= length + after;
    if (!fits && !(ceil && start < length && start + effective < length + after + stride)) break;
    const taps = Array.from({ length: kernel }, (_, t) => start + t * dilation);
    const count = taps.filter((at) => at < length + after).length;
    windows.push({ reads: taps.filter((at) => at >= 0 && at < length), count });
  }
  return { length, windows };
}

function sharedAxis(length: number, parts: number): Axis {
  const windows = Array.from({ length: parts }, (_, o) => {
    const first = Math.floor((o * length) / parts);
    const end = Math.ceil(((o + 1) * length) / parts);
    const reads = Array.from({ length: end - first }, (__, i) => first + i);
    return { reads, count: reads.length };
  });
  return { length, windows };
}

/** Pools x[batch, height, width, channels]: `combine` sees a window's elements and its full count. */
function pooled(
  x: ArrayLike<number>,
  [batch, channels]: readonly [number, number],
  [rows, columns]: readonly [Axis, Axis],
  combine: (elements: readonly number[], count: number) => number,
): number[] {
  const y: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (const row of rows.windows) {
      for (const column of columns.windows) {
        for (let c = 0; c < channels; c++) {
          const at = (i: number, j: number): number => {
            return ((n * rows.length + i) * columns.length + j) * channels + c;
          };
          const elements = row.reads.flatMap((i) => column.reads.map((j) => x[at(i, j)] as number));
          y.push(combine(elements, row.count * column.count));
        }
      }
    }
  }
  return y;
}

const greatest = (elements: readonly number[]): number => Math.max(...elements);
const total = (elements: readonly number[]): number => elements.reduce((a, b) => a + b, 0);
const average = (elements: readonly number[]): number => total(elements) / elements.length;

/** Values in random order, further apart than a difference's step moves them: maxima stay maxima. */
function apart(shape: readonly number[], seed: number): Tensor {
  const count = shape.reduce((product, n) => product * n, 1);
  const keys = numbers(count, seed);
  const order = Array.from(keys.keys()).sort((a, b) => (keys[a] as number) - (keys[b] as number));
  const values = new Float32Array(count);
  order.forEach((at, rank) => (values[at] = (rank - count / 2) * 0.02));
  return tensor(values, { shape });
}

const STEP = { step: 5e-3 };

type Pads = readonly (readonly [number, number])[];

/** x, window, stride, dilation, pads, ceil. */
const WINDOWS: readonly (readonly [
  [number, number, number, number],
  [number, number],
  number,
  number,
  Pads,
  boolean,
])[] = [
  [
    [1, 1, 1, 1],
    [1, 1],
    1,
    1,
    [
      [0, 0],
      [0, 0],
    ],
    false,
  ],
  [
    [2, 7, 5, 3],
    [2, 3],
    2,
    1,
    [
      [0, 0],
      [0, 0],
    ],
    false,
  ],
  [
    [2, 6, 9, 16],
    [3, 3],
    2,
    1,
    [
      [1, 1],
      [1, 1],
    ],
    false,
  ],
  [
    [1, 6, 8, 16],
    [3, 3],
    2,
    1,
    [
      [0, 0],
      [0, 0],
    ],
    true,
  ],
  [
    [1, 5, 8, 5],
    [3, 2],
    3,
    1,
    [
      [1, 0],
      [0, 1],
    ],
    true,
  ],
  [
    [1, 7, 11, 4],
    [3, 3],
    1,
    2,
    [
      [1, 2],
      [2, 1],
    ],
    false,
  ],
  [
    [1, 13, 4, 2],
    [2, 2],
    3,
    1,
    [
      [0, 1],
      [1, 0],
    ],
    false,
  ],
  [
    [3, 17, 5, 32],
    [17, 5],
    1,
    1,
    [
      [0, 0],
      [0, 0],
    ],
    false,
  ],
];

function checks(): void {
  test.each(WINDOWS)(
    "x %j, window %j, stride %i, dilation %i, pads %j, ceil %s",
    async (...row) => {
      const [shape, window, stride, dilation, padding, ceilMode] = row;
      const [batch, height, width, channels] = shape;
      const values = numbers(batch * height * width * channels, 3);
      const x = tensor(values, { shape });
      const axes = (step: number): [Axis, Axis] => {
        const options = { stride, dilation: step, ceil: ceilMode };
        return [
          axisOf(height, window[0], { ...options, pads: padding[0] as readonly number[] }),
          axisOf(width, window[1], { ...options, pads: padding[1] as readonly number[] }),
        ];
      };
      const outer = [batch, channels] as const;
      const options = { stride, padding, ceilMode };
      const dilated = axes(dilation);
      const sizes = [batch, dilated[0].windows.length, dilated[1].windows.length, channels];
      const greatestOf = (like: Tensor): Tensor => maxPool(like, window, { ...options, dilation });
      await expectClose(greatestOf(x), pooled(values, outer, dilated, greatest), sizes);
      await expectGradients(greatestOf, [apart(shape, 3)], STEP);
      for (const step of new Set([1, dilation])) {
        const around = axes(step);
        const shapeOf = [batch, around[0].windows.length, around[1].windows.length, channels];
        const mean = (like: Tensor, how: AvgPoolOptions = {}): Tensor => {
          return avgPool(like, window, { ...options, dilation: step, ...how });
        };
        await expectClose(mean(x), pooled(values, outer, around, average), shapeOf);
        await expectClose(
          mean(x, { countIncludePad: true }),
          pooled(values, outer, around, (elements, count) => total(elements) / count),
          shapeOf,
        );
        await expectClose(
          mean(x, { divisor: 3 }),
          pooled(values, outer, around, (elements) => total(elements) / 3),
          shapeOf,
        );
        for (const countIncludePad of [false, true]) {
          await expectGradients((like) => mean(like, { countIncludePad }), [x]);
        }
      }
    },
  );

  test.each([
    [
      [2, 7, 5, 3],
      [3, 2],
    ],
    [
      [1, 4, 6, 4],
      [7, 6],
    ],
    [
      [1, 9, 1, 16],
      [1, 1],
    ],
  ] as const)("x %j shared out among %j", async (shape, output) => {
    const [batch, height, width, channels] = shape;
    const values = numbers(batch * height * width * channels, 4);
    const x = tensor(values, { shape });
    const axes = [sharedAxis(height, output[0]), sharedAxis(width, output[1])] as const;
    const outer = [batch, channels] as const;
    const sizes = [batch, ...output, channels];
    await expectClose(adaptiveAvgPool(x, output), pooled(values, outer, axes, average), sizes);
    await expectClose(adaptiveMaxPool(x, output), pooled(values, outer, axes, greatest), sizes);
    await expectGradients((like) => adaptiveAvgPool(like, output), [x]);
    await expectGradients((like) => adaptiveMaxPool(like, output), [apart(shape, 4)], STEP);
  });

  test("one and three spatial axes, in both data formats", async () => {
    for (const [shape, format, order] of [
      [[2, 11, 3], "NCW", [0, 2, 1]],
      [[1, 5, 4, 6, 4], "NCDHW", [0, 4, 1, 2, 3]],
    ] as const) {
      const x = randomTensor(shape, 5);
      const first = x.transpose(order);
      const options = { stride: 2, padding: "same" } as const;
      const formats: { dataFormat: DataFormat } = { dataFormat: format };
      const pairs = [
        [maxPool(x, 3, options), maxPool(first, 3, { ...options, ...formats })],
        [avgPool(x, 3, options), avgPool(first, 3, { ...options, ...formats })],
        [adaptiveAvgPool(x, 2), adaptiveAvgPool(first, 2, formats)],
        [adaptiveMaxPool(x, 2), adaptiveMaxPool(first, 2, formats)],
        [
          globalMaxPool(x, { keepDims: true }),
          globalMaxPool(first, { keepDims: true, ...formats }),
        ],
        [
          globalAvgPool(x, { keepDims: true }),
          globalAvgPool(first, { keepDims: true, ...formats }),
        ],
      ] as const;
      for (const [last, channelsFirst] of pairs) {
        await expectClose(channelsFirst, await last.transpose(order).data(), channelsFirst.shape);
      }
      expect(globalMaxPool(x).shape).toEqual([shape[0], shape.at(-1)]);
      expect(await globalMaxPool(x).array()).toEqual(await globalMaxPool(first, formats).array());
      await expectGradients(
        (like) => maxPool(like, 3, { ...options, ...formats }),
        [apart(first.shape, 5)],
        STEP,
      );
      await expectGradients((like) => globalAvgPool(like, formats), [first]);
    }
  });

  test("second order: the gradient of a square's gradient", async () => {
    for (const channels of [3, 4, 16]) {
      const x = apart([1, 7, 6, channels], 6);
      for (const f of [
        (like: Tensor) => maxPool(like, 3, { stride: 2, padding: "same" }),
        (like: Tensor) => avgPool(like, 3, { stride: 2, padding: "same" }),
        (like: Tensor) => adaptiveMaxPool(like, [3, 2]),
        (like: Tensor) => adaptiveAvgPool(like, [3, 2]),
      ]) {
        const first = (at: Tensor): Tensor => {
          const [g] = grad(() => sum(f(at).square().mul(f(at))), [at]);
          return g as Tensor;
        };
        await expectGradients(first, [x], STEP);
      }
    }
  });
}

describe("kernels for the adapter there is", checks);

describe("kernels for GPUs", () => {
  takeAdapterFor("gpu");
  checks();
});

test("the first of equal elements takes the gradient", async () => {
  const x = tensor([1, 2, 2, 2, -1, -1], { shape: [1, 6, 1] });
  const [dx] = grad(() => sum(maxPool(x, 3, { stride: 1 })), [x]);
  expect(await dx?.data()).toEqual(Float32Array.of(0, 2, 1, 1, 0, 0));
});

test("NaN wins, and −∞ is a value like any other", async () => {
  const x = tensor([NaN, 9, 1, NaN, -Infinity, -Infinity], { shape: [1, 6, 1] });
  expect(Array.from(await maxPool(x, 2).data())).toEqual([NaN, NaN, -Infinity]);
});

test("empty batches and channels, slices as operands", async () => {
  expect(maxPool(zeros([0, 4, 4, 3]), 2).shape).toEqual([0, 2, 2, 3]);
  expect(avgPool(zeros([2, 4, 4, 0]), 2).shape).toEqual([2, 2, 2, 0]);
  const x = randomTensor([2, 6, 6, 5], 8);
  const [inner, kept] = [x.slice([null, [1, 5], null, [1, 5]]), [2, 2, 3, 4]];
  const whole = inner.contiguous();
  await expectClose(maxPool(inner, 2), await maxPool(whole, 2).data(), kept);
  await expectClose(avgPool(inner, 2), await avgPool(whole, 2).data(), kept);
  const [dx] = grad(
    () =>
      sum(
        maxPool(
          zeros([0, 4, 4, 3]).add(
            x.slice([
              [0, 0],
              [0, 4],
              [0, 4],
              [0, 3],
            ]),
          ),
          2,
        ),
      ),
    [x],
  );
  await expectClose(dx as Tensor, new Float32Array(x.size), x.shape);
});

test("wrong calls say what to change", () => {
  const x = zeros([1, 4, 4, 2]);
  expect(() => maxPool(zeros([4, 4]), 2)).toThrow(/maxPool: x must have one to three spatial axes/);
  expect(() => maxPool(x, 5)).toThrow(/maxPool: the kernel must fit/);
  expect(() =>
    maxPool(x, 2, {
      padding: [
        [2, 2],
        [0, 0],
      ],
    }),
  ).toThrow(/maxPool: every window/);
  expect(() =>
    avgPool(x, 2, {
      padding: [
        [-1, 0],
        [0, 0],
      ],
    }),
  ).toThrow(/avgPool: padding must not/);
  expect(() => avgPool(x, [2, 2, 2])).toThrow(/avgPool: windowShape must be/);
  expect(() => avgPool(x, 2, { divisor: 0 })).toThrow(/avgPool: divisor/);
  expect(() => avgPool(x.cast("i32"), 2)).toThrow(/avgPool: the dtype must be f32/);
  expect(() => adaptiveAvgPool(x, 0)).toThrow(/adaptiveAvgPool: outputShape/);
  expect(() => adaptiveMaxPool(zeros([1, 0, 4, 2]), 2)).toThrow(/adaptiveMaxPool: no spatial axis/);
  expect(() => globalMaxPool(x, { dataFormat: "NCW" })).toThrow(/globalMaxPool: dataFormat/);
});
