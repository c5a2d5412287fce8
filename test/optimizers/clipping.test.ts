import { describe, expect, test, vi } from "vitest";
import { device } from "../../src/gpu/device.ts";
import { type Tensor, Variable, tensor } from "../../src/index.ts";
import { SGD, clipByGlobalNorm, clipByValue, globalNorm } from "../../src/optimizers/index.ts";
import { expectClose } from "../support/check.ts";

describe("clipping", () => {
  const gradients = [tensor([3, 0]), null, tensor([[0], [4]])];

  test("clipByGlobalNorm scales all gradients alike, and never up", async () => {
    expect(await globalNorm(gradients).item()).toBeCloseTo(5, 5);
    const small = clipByGlobalNorm(gradients, 1);
    expect(await small.norm.item()).toBeCloseTo(5, 5);
    expect(small.gradients[1]).toBe(null);
    await expectClose(small.gradients[0] as never, [0.6, 0], [2]);
    await expectClose(small.gradients[2] as never, [0, 0.8], [2, 1]);
    const same = clipByGlobalNorm(gradients, 10);
    await expectClose(same.gradients[0] as never, [3, 0], [2]);
    const none = clipByGlobalNorm([tensor([0, 0])], 1);
    await expectClose(none.gradients[0] as never, [0, 0], [2]);
  });

  test("clipByValue limits each element", async () => {
    const limited = clipByValue([tensor([-3, 0.5, 2]), null], 1);
    await expectClose(limited[0] as never, [-1, 0.5, 1], [3]);
    expect(limited[1]).toBe(null);
  });

  test("optimizers clip before their rule", async () => {
    const w = new Variable(tensor([0, 0]));
    const byNorm = new SGD({ learningRate: 1, clipGlobalNorm: 1 });
    byNorm.apply([tensor([3, 4])], [w]);
    await expectClose(w, [-0.6, -0.8], [2]);
    const v = new Variable(tensor([0, 0]));
    const byValue = new SGD({ learningRate: 1, clipValue: 2 });
    byValue.apply([tensor([-3, 1])], [v]);
    await expectClose(v, [2, -1], [2]);
  });

  test("many gradients are scaled in three dispatches, the same as one by one", async () => {
    const sizes = [1, 3, 64, 65, 127, 1000, 2, 5003, 7];
    const values = sizes.map((n, k) => Array.from({ length: n }, (_, i) => Math.sin(i + 3 * k)));
    const given = values.map((row) => tensor(row));
    const weights = sizes.map((n) => new Variable(tensor(Array<number>(n).fill(0))));
    const { gradients: want } = clipByGlobalNorm(given, 2);
    const spy = vi.spyOn(device(), "dispatch");
    const dispatches = (run: () => void): number => {
      spy.mockClear();
      run();
      return spy.mock.calls.length;
    };
    const clipped = new SGD({ learningRate: 1, clipGlobalNorm: 2 });
    clipped.prepare(weights);
    const count = dispatches(() => clipped.apply(given, weights));
    for (const [k, weight] of weights.entries()) {
      const row = await (want[k] as Tensor).data();
      await expectClose(
        weight,
        Array.from(row, (g) => -g),
        [sizes[k] as number],
      );
    }
    const zeros = weights.map((weight) => new Variable(weight.mul(0)));
    const plain = new SGD({ learningRate: 1 });
    plain.prepare(zeros);
    expect(count - dispatches(() => plain.apply(given, zeros))).toBe(3);
    spy.mockRestore();
  });

  test("a gradient of an earlier step takes no part in the norm", async () => {
    const pair = [new Variable(tensor([0, 0])), new Variable(tensor([0]))];
    const optimizer = new SGD({ learningRate: 1, clipGlobalNorm: 5 });
    optimizer.apply([tensor([3, 4]), tensor([12])], pair);
    await expectClose(pair[0] as Variable, [-15 / 13, -20 / 13], [2]);
    optimizer.apply([tensor([3, 4]), null], pair);
    await expectClose(pair[0] as Variable, [-15 / 13 - 3, -20 / 13 - 4], [2]);
    await expectClose(pair[1] as Variable, [-60 / 13], [1]);
  });

  test("wrong calls say what to change", () => {
    expect(() => clipByGlobalNorm(gradients, 0)).toThrow(/clipByGlobalNorm: the limit must be/);
    expect(() => clipByValue(gradients, -1)).toThrow(/clipByValue: .*Got -1/);
    expect(() => globalNorm([null])).toThrow(/globalNorm: there must be a gradient/);
  });
});
