import { describe, expect, test } from "vitest";
import { type Tensor, Variable, compile, tensor } from "../../src/index.ts";
import { ParameterAverage, SGD, StochasticWeightAverage } from "../../src/optimizers/index.ts";
import { expectClose } from "../support/check.ts";

describe("ParameterAverage", () => {
  test("averages, is there for evaluation, and gives the parameters back", async () => {
    const w = new Variable(tensor([1, 2]));
    const average = new ParameterAverage([w], { decay: 0.5 });
    const plain = new ParameterAverage([w], { decay: 0.5, zeroDebias: false });
    for (const values of [
      [1, 2],
      [3, 6],
    ]) {
      w.assign(tensor(values));
      average.update();
      plain.update();
    }
    await expectClose(plain.values()[0] as never, [1.75, 3.5], [2]);
    await expectClose(average.values()[0] as never, [1.75 / 0.75, 3.5 / 0.75], [2]);
    const seen = await average.during(() => w.data());
    expect(seen[0]).toBeCloseTo(1.75 / 0.75, 5);
    expect(await w.array()).toEqual([3, 6]);
    await expect(
      average.during(() => {
        throw new Error("stop");
      }),
    ).rejects.toThrow("stop");
    expect(await w.array()).toEqual([3, 6]);
    expect(average.variables.length).toBe(2);
    expect(await average.step.item()).toBe(2);
    average.replace();
    await expectClose(w, [1.75 / 0.75, 3.5 / 0.75], [2]);
  });

  test("wrong calls say what to change", () => {
    expect(() => new ParameterAverage([])).toThrow(/ParameterAverage: pass parameters/);
    const w = new Variable(tensor([1]));
    expect(() => new ParameterAverage([w], { decay: 1 })).toThrow(/decay must be in \[0, 1\)/);
  });
});

describe("StochasticWeightAverage", () => {
  test("is the mean of all values, also within a compiled step", async () => {
    for (const wrap of [compile, <F>(step: F): F => step]) {
      const w = new Variable(tensor([1, -2]), { name: "w" });
      const average = new StochasticWeightAverage([w]);
      const optimizer = new SGD({ learningRate: 0.25 });
      const step = wrap((x: Tensor) => {
        const loss = optimizer.minimize(() => w.mul(x).sum(), [w]);
        average.update();
        return loss;
      });
      // w goes down by x / 4: to 0, −3, then −1, −4, then −4, −7.
      for (const x of [4, 4, 12]) step(tensor([x, x]));
      await expectClose(w, [-4, -7], [2]);
      await expectClose(average.values()[0] as Tensor, [-5 / 3, -14 / 3], [2]);
      expect([...(await average.during(() => w.data()))].map(Math.round)).toEqual([-2, -5]);
      await expectClose(w, [-4, -7], [2]);
      average.replace();
      await expectClose(w, [-5 / 3, -14 / 3], [2]);
      expect(await average.variables[0]?.item()).toBe(3);
    }
  });

  test("wants parameters", () => {
    expect(() => new StochasticWeightAverage([])).toThrow(
      /StochasticWeightAverage: pass parameters/,
    );
  });
});
