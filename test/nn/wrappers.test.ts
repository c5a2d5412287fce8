// Modules around layers: low-rank adapters, norms of weights, and freezing.

import { describe, expect, test } from "vitest";
import {
  type Tensor,
  type Variable,
  assign,
  compile,
  setSeed,
  tensor,
  valueAndGrad,
} from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { SGD } from "../../src/optimizers/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

const values = async (x: Tensor): Promise<number[]> => [...((await x.data()) as Float32Array)];

const names = (variables: readonly Variable[]): string[] => variables.map(({ name }) => name);

describe("LoRA", () => {
  const layers: [string, () => nn.Linear | nn.Conv2D | nn.Conv1D, number[]][] = [
    ["Linear", () => new nn.Linear(5), [2, 3]],
    ["Conv2D", () => new nn.Conv2D(4, 3, { stride: 2 }), [1, 5, 5, 2]],
    ["Conv1D with channels first", () => new nn.Conv1D(4, 3, { dataFormat: "NCW" }), [1, 2, 5]],
  ];

  test.each(layers)(
    "of %s begins as the layer, trains its factors, and merges",
    async (_, make, shape) => {
      setSeed(4);
      const layer = make();
      const x = randomTensor(shape);
      const plain = layer(x);
      const adapted = new nn.LoRA(layer, { rank: 2, alpha: 4 });
      expect(await values(adapted(x))).toEqual(await values(plain));
      expect(names(adapted.trainableVariables)).toEqual(["lora/a", "lora/b"]);
      expect(adapted.nonTrainableVariables).toHaveLength(2);
      const before = await values(layer.w);
      const optimizer = new SGD({ learningRate: 0.1 });
      for (let i = 0; i < 2; i++) {
        optimizer.minimize(
          () => adapted(x).square().sum(),
          () => adapted.trainableVariables,
        );
      }
      expect(await values(layer.w)).toEqual(before);
      const trained = await values(adapted(x));
      expect(trained).not.toEqual(await values(plain));
      adapted.merge();
      expect(await values(layer.w)).not.toEqual(before);
      await expectClose(layer(x), trained, plain.shape, { rtol: 1e-4, atol: 1e-5 });
      await expectClose(adapted(x), trained, plain.shape, { rtol: 1e-4, atol: 1e-5 });
    },
  );

  test("needs a rank", () => {
    expect(() => new nn.LoRA(new nn.Linear(2), { rank: 0 })).toThrow(/positive whole number/);
  });
});

describe("WeightNorm", () => {
  test("begins as the layer; lengths of weights are g", async () => {
    const layer = new nn.Conv2D(3, 2);
    const x = randomTensor([1, 3, 3, 2]);
    const plain = await values(layer(x));
    const normed = new nn.WeightNorm(layer);
    await expectClose(normed(x), plain, [1, 3, 3, 3]);
    expect(names(normed.variables)).toEqual(["weight_norm/g", "conv2_d/b", "conv2_d/w"]);
    assign(layer.w, layer.w.mul(3));
    await expectClose(normed(x), plain, [1, 3, 3, 3]);
    assign(normed.g as Variable, (normed.g as Variable).mul(2));
    await expectClose(
      normed(x),
      plain.map((y) => 2 * y),
      [1, 3, 3, 3],
    );
    const { grads } = valueAndGrad(() => normed(x).square().sum(), normed.trainableVariables);
    expect(grads.every((gradient) => gradient !== null)).toBe(true);
  });

  test("makes the weights of a layer that has none", () => {
    const normed = new nn.WeightNorm(new nn.Linear(2));
    expect(normed(randomTensor([1, 3])).shape).toEqual([1, 2]);
    expect(names(normed.variables)).toHaveLength(3);
  });
});

describe("SpectralNorm", () => {
  test("divides by the largest singular value", async () => {
    setSeed(3);
    const layer = new nn.Linear(2, { withBias: false });
    const normed = new nn.SpectralNorm(layer, { iterations: 20 });
    layer(randomTensor([1, 2]));
    assign(layer.w, tensor([[3, 0], [0, -5]])); // prettier-ignore
    const x = tensor([[1, 1]]);
    await expectClose(normed(x, { isTraining: true }), [0.6, -1], [1, 2], { rtol: 1e-4 });
    const [once, twice] = [0, 1].map(() => normed(x, { isTraining: false }));
    expect(await values(once as Tensor)).toEqual(await values(twice as Tensor));
    expect(names(normed.nonTrainableVariables)).toEqual(["spectral_norm/u"]);
    const { grads } = valueAndGrad(() => normed(x, { isTraining: false }).sum(), [layer.w]);
    expect(grads[0]?.shape).toEqual([2, 2]);
    const plain = normed as unknown as (x: Tensor) => Tensor;
    expect(() => plain(x)).toThrow(/must say whether it trains/);
  });

  test("compiled equals eager", async () => {
    setSeed(5);
    const normed = new nn.SpectralNorm(new nn.Linear(3));
    const x = randomTensor([2, 4]);
    const step = compile((input: Tensor) => normed(input, { isTraining: false }));
    normed(x, { isTraining: true });
    for (let i = 0; i < 2; i++) {
      await expectClose(step(x), await values(normed(x, { isTraining: false })), [2, 3]);
    }
    step.dispose();
  });
});

test("freeze and unfreeze take variables out of training and back, also of compiled steps", async () => {
  const mlp = new nn.MLP([3, 1]);
  const x = randomTensor([2, 4]);
  mlp(x);
  const [first, second] = mlp.layers as unknown as [nn.Linear, nn.Linear];
  const step = compile(() => {
    const { grads } = valueAndGrad(
      () => mlp(x).sum(),
      mlp.layers.map(({ w }) => w),
    );
    return grads.map((gradient) => gradient?.sum());
  });
  expect(step().map((gradient) => gradient !== undefined)).toEqual([true, true]);
  nn.freeze(first as unknown as nn.Module);
  expect(names(mlp.trainableVariables)).toEqual(names(second.variables));
  nn.unfreeze(first as unknown as nn.Module);
  expect(mlp.trainableVariables).toHaveLength(4);
  let isWatched = true;
  const watched = compile((y: Tensor) => {
    isWatched = first.w.trainable;
    return y.mul(2);
  });
  watched(x);
  nn.freeze(first as unknown as nn.Module);
  watched(x);
  expect(isWatched).toBe(false);
  step.dispose();
  watched.dispose();
});
