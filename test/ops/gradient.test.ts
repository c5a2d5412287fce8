import { describe, expect, test } from "vitest";
import {
  GradientTape,
  Variable,
  customGradient,
  grad,
  memory,
  scope,
  softmaxCrossEntropy,
  stopGradient,
  sum,
  tensor,
  valueAndGrad,
} from "../../src/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";

describe("differentiation", () => {
  test("third derivatives by nesting", async () => {
    const x = tensor([0.3, -0.7]);
    const first = () => sum(grad(() => sum(x.tanh()), [x])[0] as never);
    const second = () => sum(grad(first, [x])[0] as never);
    const [third] = grad(second, [x]);
    const want = [0.3, -0.7].map((v) => {
      const y = Math.tanh(v);
      return (1 - y * y) * (6 * y * y - 2);
    });
    await expectClose(third as never, want, [2], { atol: 1e-5 });
  });

  test("cross-entropy: fused once, by ops under a second tape", async () => {
    const logits = randomTensor([4, 5]);
    const labels = tensor(Int32Array.of(0, 4, 2, 2));
    await expectGradients((x) => softmaxCrossEntropy(x, labels), [logits]);
    const penalty = (x: typeof logits) => {
      const [g] = grad(() => softmaxCrossEntropy(x, labels).mean(), [x]);
      return (g as typeof logits).square().sum();
    };
    await expectGradients(penalty, [logits], { step: 3e-2 });
  });

  test("unused sources give null, stopGradient cuts, customGradient replaces", async () => {
    const [a, b] = [tensor([2]), tensor([3])];
    const grads = grad(() => sum(a.mul(stopGradient(a))), [a, b]);
    expect(await grads[0]?.array()).toEqual([2]);
    expect(grads[1]).toBeNull();
    const clipped = () =>
      sum(
        customGradient(
          [a],
          (x) => x.mul(5),
          (dy) => [dy.mul(7)],
        ),
      );
    expect(await grad(clipped, [a])[0]?.array()).toEqual([7]);
  });

  test("a tape serves once unless persistent", async () => {
    const x = tensor([3]);
    using once = new GradientTape();
    once.watch(x);
    const y = sum(x.square());
    expect(await once.gradient(y, [x])[0]?.array()).toEqual([6]);
    expect(() => once.gradient(y, [x])).toThrow(/persistent: true/);
    expect(() => grad(() => x.square(), [tensor([1]), x])).not.toThrow();
    expect(() => grad(() => tensor([1, 2]).mul(x), [x])).toThrow(/mean\(\) or sum\(\)/);
  });

  test("a variable changed before the backward pass is an error", () => {
    const w = new Variable(tensor([1, 2]), { name: "w" });
    using tape = new GradientTape();
    const y = sum(w.square());
    w.assign(tensor([3, 4]));
    expect(() => tape.gradient(y, [w])).toThrow(/changed between the forward and the backward/);
  });

  test("an op without a gradient is never a silent zero", () => {
    const labels = tensor(Int32Array.of(0));
    const x = tensor([[1, 2]]);
    expect(grad(() => x.argMax().cast("f32").sum(), [x])).toEqual([null]);
    expect(() => softmaxCrossEntropy(x, labels.cast("f32"))).toThrow(/i32 or u32/);
  });

  test("nothing is left behind", () => {
    const x = tensor([1, 2, 3]);
    const before = memory().buffers;
    for (let i = 0; i < 20; i++) {
      scope(() => valueAndGrad(() => sum(x.exp().mul(x)), [x]) && undefined);
    }
    expect(memory().buffers).toBe(before);
  });
});
