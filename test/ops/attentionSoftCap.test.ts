// Attention with capped scores against its definition.

import { expect, test } from "vitest";
import { type Tensor, scaledDotProductAttention } from "../../src/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";

test("softCap keeps scores within its limits before the mask", async () => {
  const [q, k, v] = [randomTensor([3, 2], 1), randomTensor([4, 2], 2), randomTensor([4, 5], 3)];
  const options = { softCap: 1.5, scale: 4, isCausal: true };
  const [qs, ks, vs] = await Promise.all([q.data(), k.data(), v.data()]);
  const at = (values: ArrayLike<number>, i: number): number => values[i] as number;
  const want: number[] = [];
  for (let i = 0; i < 3; i++) {
    const exps = Array.from({ length: i + 1 }, (_, j) => {
      const product = at(qs, 2 * i) * at(ks, 2 * j) + at(qs, 2 * i + 1) * at(ks, 2 * j + 1);
      return Math.exp(1.5 * Math.tanh((4 * product) / 1.5));
    });
    const total = exps.reduce((a, b) => a + b, 0);
    for (let d = 0; d < 5; d++) {
      want.push(exps.reduce((y, e, j) => y + e * at(vs, 5 * j + d), 0) / total);
    }
  }
  const f = (...x: Tensor[]): Tensor => {
    return scaledDotProductAttention(x[0] as Tensor, x[1] as Tensor, x[2] as Tensor, options);
  };
  await expectClose(f(q, k, v), want, [3, 5]);
  await expectGradients(f, [q, k, v]);
  expect(() => scaledDotProductAttention(q, k, v, { softCap: 0 })).toThrow(/softCap must be a pos/);
});
