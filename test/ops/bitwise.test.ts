// Bits of integers, and remainders of integers and floats.

import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";

const whole = (values: readonly number[], dtype: "i32" | "u32" = "i32"): Tensor =>
  tensor([...values], { dtype });

const A = [0, 1, -1, 7, -8, 2 ** 31 - 1, -(2 ** 31)];
const B = [3, -5, 9, 12, -13, 255, 1];

describe("bits", () => {
  test.each([
    ["bitwiseAnd", renga.bitwiseAnd, (a: number, b: number) => a & b],
    ["bitwiseOr", renga.bitwiseOr, (a: number, b: number) => a | b],
    ["bitwiseXor", renga.bitwiseXor, (a: number, b: number) => a ^ b],
  ] as const)("%s", async (_, op, want) => {
    const results = A.map((a, i) => want(a, B[i] as number));
    await expectClose(op(whole(A), whole(B)), results, [7], { rtol: 0, atol: 0 });
    const table = A.flatMap((a) => B.map((b) => want(a, b)));
    const column = whole(A).expandDims(1);
    await expectClose(op(column, whole(B)), table, [7, 7], { rtol: 0, atol: 0 });
    expect(op(renga.zeros([0], "u32"), 1).shape).toEqual([0]);
  });

  test("bitwiseNot", async () => {
    await expectClose(
      renga.bitwiseNot(whole(A).flip()),
      A.toReversed().map((a) => ~a),
      [7],
      { rtol: 0, atol: 0 },
    );
  });

  test.each(["i32", "u32"] as const)("shifts of %s", async (dtype) => {
    const bits = [1, 5, dtype === "i32" ? -2147483648 : 2147483648, 1000003];
    const counts = [31, 3, 4, 0];
    const host = dtype === "i32" ? Int32Array : Uint32Array;
    const left = host.from(bits.map((a, i) => a << (counts[i] as number)));
    const shifted = (a: number, i: number): number =>
      dtype === "i32" ? a >> (counts[i] as number) : a >>> (counts[i] as number);
    const exact = { rtol: 0, atol: 0 };
    await expectClose(renga.shiftLeft(whole(bits, dtype), whole(counts, dtype)), left, [4], exact);
    const right = renga.shiftRight(whole(bits, dtype), whole(counts, dtype));
    await expectClose(right, bits.map(shifted), [4], exact);
  });

  test("wrong calls", () => {
    expect(() => renga.bitwiseAnd(tensor([1]), 1)).toThrow(/bitwiseAnd: the dtype must be i32/);
    expect(() => renga.shiftLeft(whole([1]), whole([1], "u32"))).toThrow(/shiftLeft.*same dtype/);
  });
});

describe("remainders", () => {
  const [a, b] = [
    [7, -7, 7, -7, 6, 0],
    [3, 3, -3, -3, -2, 5],
  ];
  const floored = a.map((x, i) => x - (b[i] as number) * Math.floor(x / (b[i] as number)));
  const truncated = a.map((x, i) => x % (b[i] as number));

  test.each(["f32", "i32"] as const)("of %s", async (dtype) => {
    const [x, y] = [tensor(a, { dtype }), tensor(b, { dtype })];
    await expectClose(renga.mod(x, y), floored, [6]);
    await expectClose(renga.remainder(x, y), truncated, [6]);
    await expectClose(renga.mod(x, 4), [3, 1, 3, 1, 2, 0], [6]);
  });

  test("of u32", async () => {
    const x = whole([2 ** 32 - 1, 5], "u32");
    await expectClose(renga.mod(x, 7), [3, 5], [2]);
    await expectClose(renga.remainder(x, 7), [3, 5], [2]);
  });

  test("gradients", async () => {
    const [x, y] = [randomTensor([5], 1, 3.1, 3.9), randomTensor([5], 2, 1.1, 1.4)];
    await expectGradients(renga.remainder, [x.neg(), y], { step: 1e-3 });
    await expectGradients(renga.mod, [x, y], { step: 1e-3 });
  });
});
