// Resampling against its definition, and its gradients to the second order.

import { describe, expect, test } from "vitest";
import {
  type ResizeCoordinates,
  type ResizeMethod,
  type ResizeRounding,
  type Tensor,
  grad,
  resize,
  sum,
  tensor,
  zeros,
} from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";

const METHODS: readonly ResizeMethod[] = ["nearest", "bilinear", "bicubic"];
const COORDINATES: readonly ResizeCoordinates[] = ["halfPixel", "alignCorners", "asymmetric"];

function coordinate(o: number, from: number, to: number, how: ResizeCoordinates): number {
  if (how === "halfPixel") return ((2 * o + 1) * from - to) / (2 * to);
  if (how === "alignCorners") return to > 1 ? (o * (from - 1)) / (to - 1) : 0;
  return (o * from) / to;
}

/** Keys's kernel. */
function cubic(distance: number, a = -0.75): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0;
}

const ROUNDINGS: Readonly<Record<ResizeRounding, (s: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  roundPreferFloor: (s) => Math.ceil(s - 0.5),
  roundPreferCeil: (s) => Math.floor(s + 0.5),
};

/** Weight of every input element in result o. */
function weights(
  o: number,
  from: number,
  to: number,
  method: ResizeMethod,
  how: ResizeCoordinates,
): number[] {
  const s = coordinate(o, from, to, how);
  const row = Array<number>(from).fill(0);
  const give = (at: number, weight: number): void => {
    const place = Math.min(Math.max(at, 0), from - 1);
    row[place] = (row[place] as number) + weight;
  };
  if (method === "nearest") {
    give(Math.floor(how === "asymmetric" ? s : s + 0.5), 1);
    return row;
  }
  for (let at = Math.floor(s) - 2; at <= Math.floor(s) + 3; at++) {
    give(at, method === "bilinear" ? Math.max(0, 1 - Math.abs(at - s)) : cubic(at - s));
  }
  return row;
}

const SIZES = [
  [
    [2, 3, 5, 3],
    [6, 10],
  ],
  [
    [1, 4, 6, 4],
    [2, 3],
  ],
  [
    [1, 7, 5, 16],
    [3, 11],
  ],
  [
    [1, 1, 4, 2],
    [3, 1],
  ],
  [
    [1, 5, 3, 1],
    [5, 7],
  ],
] as const;

describe.each(Object.keys(ROUNDINGS) as ResizeRounding[])("nearest by %s", (rounding) => {
  test.each(COORDINATES)("%s coordinates", async (coordinates) => {
    for (const [from, to] of [
      [2, 4],
      [4, 2],
      [3, 7],
      [6, 4],
      [1, 3],
    ] as const) {
      const values = numbers(from, 3);
      const f = (like: Tensor): Tensor => {
        return resize(like, { size: to, method: "nearest", coordinates, rounding });
      };
      const want = Array.from({ length: to }, (_, o) => {
        const at = ROUNDINGS[rounding](coordinate(o, from, to, coordinates));
        return values[Math.min(Math.max(at, 0), from - 1)] as number;
      });
      const x = tensor(values, { shape: [1, from, 1] });
      await expectClose(f(x), want, [1, to, 1]);
      await expectGradients(f, [x]);
    }
  });
});

test("only the nearest element is rounded to", () => {
  expect(() => resize(zeros([1, 2, 1]), { size: 4, rounding: "ceil" })).toThrow(
    /resize: rounding belongs to method "nearest"/,
  );
});

describe.each(METHODS)("%s", (method) => {
  test.each(COORDINATES)("%s coordinates", async (coordinates) => {
    for (const [shape, size] of SIZES) {
      const [batch, height, width, channels] = shape;
      const values = numbers(batch * height * width * channels, 2);
      const x = tensor(values, { shape });
      const [rows, columns] = ([height, width] as const).map((from, axis) => {
        const to = size[axis] as number;
        return Array.from({ length: to }, (_, o) => weights(o, from, to, method, coordinates));
      }) as [number[][], number[][]];
      const want: number[] = [];
      for (let n = 0; n < batch; n++) {
        for (const row of rows) {
          for (const column of columns) {
            for (let c = 0; c < channels; c++) {
              let total = 0;
              row.forEach((w, i) =>
                column.forEach((v, j) => {
                  const at = ((n * height + i) * width + j) * channels + c;
                  total += w * v * (values[at] as number);
                }),
              );
              want.push(total);
            }
          }
        }
      }
      const f = (like: Tensor): Tensor => resize(like, { size, method, coordinates });
      await expectClose(f(x), want, [batch, ...size, channels], { atol: 5e-6 });
      await expectGradients(f, [x]);
    }
  });

  test("second order", async () => {
    const x = randomTensor([1, 3, 4, 2], 6);
    const first = (at: Tensor): Tensor => {
      const y = resize(at, { scale: [2, 1.5], method });
      const [g] = grad(
        () =>
          sum(
            resize(at, { scale: [2, 1.5], method })
              .square()
              .mul(y),
          ),
        [at],
      );
      return g as Tensor;
    };
    await expectGradients(first, [x], { step: 1e-3, atol: 2e-2, rtol: 3e-2 });
  });
});

test("one and three spatial axes, channels first, and scales that leave a rest", async () => {
  const line = tensor([0, 1, 2, 3, 4], { shape: [1, 5, 1] });
  const asymmetric = { method: "nearest", coordinates: "asymmetric" } as const;
  expect(await resize(line, { scale: 1.5, ...asymmetric }).data()).toEqual(
    Float32Array.of(0, 0, 1, 2, 2, 3, 4),
  );
  expect(await resize(line, { scale: 0.3, ...asymmetric }).data()).toEqual(Float32Array.of(0));
  const x = randomTensor([2, 3, 2, 4, 5], 4);
  const size = [2, 4, 3];
  const last = resize(x, { size });
  const first = resize(x.transpose([0, 4, 1, 2, 3]), { size, dataFormat: "NCDHW" });
  await expectClose(first, await last.transpose([0, 4, 1, 2, 3]).data(), [2, 5, 2, 4, 3]);
  await expectGradients((like) => resize(like, { size }), [x]);
});

test("another cubic kernel, empty batches, long axes", async () => {
  const line = tensor([0, 0, 1, 0, 0], { shape: [1, 5, 1] });
  const keys = resize(line, { scale: 2, method: "bicubic", cubicCoefficient: -0.5 });
  const want = Array.from({ length: 10 }, (_, o) => cubic(2 - (o + 0.5) / 2 + 0.5, -0.5));
  await expectClose(keys, want, [1, 10, 1]);
  expect(resize(zeros([0, 2, 2, 3]), { scale: 2 }).shape).toEqual([0, 4, 4, 3]);
  const long = resize(randomTensor([1, 44100, 1]), { size: 16000 });
  expect(long.shape).toEqual([1, 16000, 1]);
});

test("wrong calls say what to change", () => {
  const x = zeros([1, 4, 4, 2]);
  expect(() => resize(x, {})).toThrow(/resize: either size or scale.*neither/);
  expect(() => resize(x, { size: 2, scale: 2 })).toThrow(/resize: either size or scale.*both/);
  expect(() => resize(x, { size: [2, 2, 2] })).toThrow(/resize: size must be/);
  expect(() => resize(x, { scale: -1 })).toThrow(/resize: scale must be positive/);
  expect(() => resize(zeros([4, 4]), { scale: 2 })).toThrow(/resize: x must have/);
  expect(() => resize(zeros([1, 0, 4, 2]), { size: 2 })).toThrow(/resize: an axis must not be/);
  expect(() => resize(x.cast("i32"), { scale: 2 })).toThrow(/resize: the dtype must be f32/);
});
