import { describe, expect, test } from "vitest";
import { Variable, memory, scope, tensor, zeros } from "../../src/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam, Momentum, type Optimizer, SGD } from "../../src/optimizers/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { device } from "../../src/gpu/device.ts";
import { expectClose, randomTensor } from "../support/check.ts";

/** Every optimizer with its rule in plain numbers: p after steps of the given gradients. */
const TABLE: readonly [string, () => Optimizer, (p: number, gs: readonly number[]) => number][] = [
  ["SGD", () => new SGD({ learningRate: 0.1 }), (p, gs) => gs.reduce((q, g) => q - 0.1 * g, p)],
  [
    "Momentum",
    () => new Momentum({ learningRate: 0.1, momentum: 0.9 }),
    (p, gs) => {
      let a = 0;
      return gs.reduce((q, g) => q - 0.1 * (a = 0.9 * a + g), p);
    },
  ],
  [
    "Nesterov",
    () => new Momentum({ learningRate: 0.1, momentum: 0.9, useNesterov: true }),
    (p, gs) => {
      let a = 0;
      return gs.reduce((q, g) => {
        a = 0.9 * a + g;
        return q - 0.1 * (0.9 * a + g);
      }, p);
    },
  ],
  [
    "Adam",
    () => new Adam({ learningRate: 0.1 }),
    (p, gs) => {
      let [m, v] = [0, 0];
      return gs.reduce((q, g, i) => {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const mHat = m / (1 - 0.9 ** (i + 1));
        return q - (0.1 * mHat) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
      }, p);
    },
  ],
];

describe.each(TABLE)("%s", (_, make, rule) => {
  test("follows its formula over odd sizes; a null gradient changes nothing", async () => {
    const optimizer = make();
    const sizes = [1, 5, 64, 130];
    const variables = sizes.map((n, i) => new Variable(randomTensor([n], i + 1)));
    const starts = await Promise.all(variables.map((variable) => variable.data()));
    const gradients = [1, 2, 3].map((step) =>
      sizes.map((n, i) => randomTensor([n], 10 * step + i)),
    );
    for (const list of gradients) {
      optimizer.apply([list[0] ?? null, list[1] ?? null, null, list[3] ?? null], variables);
    }
    for (const i of [0, 1, 3]) {
      const gs = await Promise.all(gradients.map((list) => list[i]?.data()));
      const want = (starts[i] as Float32Array).map((p, k) =>
        rule(
          p,
          gs.map((g) => g?.[k] as number),
        ),
      );
      await expectClose(variables[i] as Variable, want, [sizes[i] as number], { rtol: 1e-4 });
    }
    expect(await variables[2]?.data()).toEqual(starts[2]);
  });
});

describe("optimizers", () => {
  test("one update dispatch for any number of parameters", () => {
    const model = new MLP([8, 8, 8, 4]);
    const x = randomTensor([2, 8]);
    model(x);
    const optimizer = new SGD({ learningRate: 0.1 });
    const zeroGrads = model.trainableVariables.map((v) => zeros(v.shape));
    optimizer.apply(zeroGrads, model.trainableVariables);
    const before = device().recorder.dispatchCount;
    optimizer.apply(zeroGrads, model.trainableVariables);
    // The step counter: one and tick. Two packings of eight gradients and the update.
    expect(device().recorder.dispatchCount - before).toBe(5);
  });

  test("views and copies taken before a step keep the old value", async () => {
    const w = new Variable(tensor([1, 2, 3, 4]));
    const optimizer = new SGD({ learningRate: 1 });
    optimizer.apply([tensor([1, 1, 1, 1])], [w]);
    const view = w.reshape([2, 2]);
    optimizer.apply([tensor([1, 1, 1, 1])], [w]);
    expect(await view.array()).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(await w.array()).toEqual([-1, 0, 1, 2]);
    w.assign(view.reshape([4]));
    expect(await w.array()).toEqual([0, 1, 2, 3]);
  });

  test("wrong calls say what to change", () => {
    const w = new Variable(tensor([1]));
    const sgd = new SGD({ learningRate: 1 });
    expect(() => sgd.apply([], [])).toThrow(/there must be parameters/);
    expect(() => sgd.apply([tensor([1])], [])).toThrow(/one gradient per parameter/);
    expect(() => sgd.apply([null], [w])).toThrow(/no parameter has a gradient.*depend/);
    sgd.apply([tensor([1])], [w]);
    const other = new Variable(tensor([1]));
    expect(() => sgd.apply([tensor([1])], [other])).toThrow(/one optimizer per list/);
  });

  test("2,000 steps: GPU memory stays flat", async () => {
    const model = new MLP([16, 4]);
    const x = randomTensor([8, 8]);
    const labels = tensor(Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3));
    const optimizer = new Adam({ learningRate: 0.01 });
    const step = (): void => {
      optimizer
        .minimize(
          () => crossEntropy(model(x), labels),
          () => model.trainableVariables,
        )
        .dispose();
    };
    for (let i = 0; i < 20; i++) step();
    await optimizer.step.item();
    const before = memory();
    for (let i = 0; i < 2000; i++) {
      step();
      if (i % 200 === 0) await optimizer.step.item();
    }
    expect(await optimizer.step.item()).toBe(2020);
    // At most: the collector may have freed what earlier tests left.
    const [now, cached] = [memory(), before.cached.bytes];
    expect(now.bytes).toBeLessThanOrEqual(before.bytes);
    expect(now.bytes + now.cached.bytes).toBeLessThanOrEqual(before.bytes + cached);
    expect(await crossEntropy(model(x), labels).item()).toBeLessThan(0.1);
  }, 120_000);
});

test("dispose frees slots and gradients at once, and parameters when they are freed", () => {
  const before = memory().byKind;
  const parameter = scope(() => new Variable(zeros([100])));
  const optimizer = new Adam();
  scope(() => optimizer.apply([randomTensor([100])], [parameter]));
  optimizer.dispose();
  expect(memory().byKind.optimizer.bytes).toBeLessThanOrEqual(before.optimizer.bytes);
  parameter.dispose();
  expect(memory().byKind.variable.bytes).toBeLessThanOrEqual(before.variable.bytes);
});
