// Rotary embedding against its definition.

import { describe, expect, test } from "vitest";
import { ShapeError, UsageError, rotaryEmbedding, zeros } from "../../src/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";

describe("rotaryEmbedding", () => {
  test.each([
    ["halves", [1, 2]],
    ["halves", [2, 3, 7, 10]],
    ["interleaved", [5, 6]],
    ["interleaved", [2, 33, 8]],
  ] as const)("%s, %j", async (pairing, shape) => {
    const [length, depth] = shape.slice(-2) as [number, number];
    const size = shape.reduce((product, n) => product * n, 1);
    const x = numbers(size, 1);
    const want = new Float64Array(size);
    for (let i = 0; i < size; i += depth) {
      for (let d = 0; d < depth / 2; d++) {
        const theta = (((i / depth) % length) + 3) * 500 ** ((-2 * d) / depth);
        const [first, second] = pairing === "halves" ? [d, d + depth / 2] : [2 * d, 2 * d + 1];
        const [a, b] = [x[i + first] as number, x[i + second] as number];
        want[i + first] = a * Math.cos(theta) - b * Math.sin(theta);
        want[i + second] = a * Math.sin(theta) + b * Math.cos(theta);
      }
    }
    const options = { pairing, base: 500, offset: 3 };
    await expectClose(rotaryEmbedding(randomTensor(shape, 1), options), want, shape);
    await expectGradients((given) => rotaryEmbedding(given, options), [randomTensor(shape, 2)]);
  });

  test("views, nothing, wrong calls", async () => {
    const x = randomTensor([3, 2, 4], 1);
    const want = await rotaryEmbedding(x.transpose([1, 0, 2]).contiguous()).data();
    await expectClose(rotaryEmbedding(x.transpose([1, 0, 2])), want, [2, 3, 4]);
    expect(rotaryEmbedding(zeros([0, 4])).shape).toEqual([0, 4]);
    expect(() => rotaryEmbedding(zeros([2, 3]))).toThrow(ShapeError);
    expect(() => rotaryEmbedding(zeros([4]))).toThrow(ShapeError);
    expect(() => rotaryEmbedding(zeros([2, 4]), { base: 0 })).toThrow(UsageError);
  });
});
