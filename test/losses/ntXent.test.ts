import { describe, expect, test } from "vitest";
import { tensor, zeros } from "../../src/index.ts";
import { ntXent } from "../../src/losses/index.ts";
import { expectClose } from "../support/check.ts";

const first = [
  [0.3, -1.2, 0.5],
  [1.1, 0.4, -0.7],
  [-0.2, 0.9, 0.8],
];
const second = [
  [0.1, -0.8, 0.9],
  [0.7, -0.3, -0.2],
  [0.4, 1.0, 0.3],
];

describe("ntXent", () => {
  // By the definition in NumPy 2, f64.
  test.each([
    [0.5, [0.483861, 0.630578, 0.394353, 0.421873, 0.75388, 0.600419]],
    [0.1, [0.011522, 0.0390837, 0.000409269, 0.000637057, 0.0570901, 0.0262103]],
  ])("of both views' rows at temperature %f", async (temperature, want) => {
    const [a, b] = [tensor(first), tensor(second)];
    const tolerance = { rtol: 1e-4, atol: 1e-6 };
    await expectClose(ntXent(a, b, { temperature, reduction: "none" }), want, [6], tolerance);
    const total = want.reduce((sum, one) => sum + one, 0);
    await expectClose(ntXent(a, b, { temperature }), [total / 6], [], tolerance);
    // Lengths do not matter.
    await expectClose(ntXent(a.mul(7), b, { temperature }), [total / 6], [], tolerance);
  });

  test("a pair alone is always found", async () => {
    expect(await ntXent(tensor([[1, 2]]), tensor([[-3, 1]])).item()).toBe(0);
  });

  test("wrong calls", () => {
    expect(() => ntXent(zeros([2, 3]), zeros([3, 3]))).toThrow(/ntXent: first and second must/);
    expect(() => ntXent(zeros([2, 3, 1]), zeros([2, 3, 1]))).toThrow(/must be \[N, n\]/);
    expect(() => ntXent(zeros([2, 3]), zeros([2, 3]), { temperature: 0 })).toThrow(/temperature/);
  });
});
