// Parameters after steps of gradient descent.

import { describe, expect, test } from "vitest";
import { type Tensor, type Variable, setSeed, tensor, valueAndGrad } from "../../src/index.ts";
import { Linear, MLP, adapt, withValues } from "../../src/nn/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const column = (values: readonly number[]): Tensor =>
  tensor([...values], { shape: [values.length, 1] });

describe("adapt", () => {
  const [x, y] = [[1, -2, 0.5], [2, 1, -1]] as const; // prettier-ignore
  const [queryX, queryY] = [[0.3, -1], [1, 2]] as const; // prettier-ignore
  const rate = 0.1;

  /** w after a step on mean (w·x − y)². */
  const stepped = (w: number): number =>
    w - rate * mean(x.map((at, i) => 2 * at * (w * at - (y[i] as number))));

  test.each([
    [1, false],
    [1, true],
    [3, false],
    [3, true],
  ])("%i steps, first order %j: values and gradients by hand", async (steps, firstOrder) => {
    const model = new Linear(1, { withBias: false, wInit: () => tensor([[0.7]]) });
    model(column(x));
    const [w] = model.trainableVariables as [Variable];
    const loss = (): Tensor => meanSquaredError(model(column(x)), column(y));
    const query = (): Tensor => {
      const values = adapt(model, loss, { learningRate: rate, steps, firstOrder });
      return withValues(values, () => meanSquaredError(model(column(queryX)), column(queryY)));
    };
    const { value, grads } = valueAndGrad(query, [w]);
    let after = 0.7;
    for (let i = 0; i < steps; i++) after = stepped(after);
    const errors = queryX.map((at, i) => after * at - (queryY[i] as number));
    expect(await value.item()).toBeCloseTo(mean(errors.map((error) => error ** 2)), 5);
    // dw'/dw of each step is 1 − 2η·mean x².
    const slope = firstOrder ? 1 : (1 - 2 * rate * mean(x.map((at) => at * at))) ** steps;
    const direct = mean(errors.map((error, i) => 2 * error * (queryX[i] as number)));
    expect(await (grads[0] as Tensor).item()).toBeCloseTo(direct * slope, 5);
    expect(await w.item()).toBeCloseTo(0.7, 6);
  });

  test("of a network, as if its own variables had taken the step", async () => {
    setSeed(2);
    const model = new MLP([4, 1]);
    const loss = (): Tensor => meanSquaredError(model(column(x)), column(y));
    model(column(x));
    const values = adapt(model, loss, { learningRate: rate });
    const seen = await withValues(values, () => model(column(queryX))).array();
    const { grads } = valueAndGrad(loss, model.trainableVariables);
    model.trainableVariables.forEach((variable, i) =>
      variable.assign(variable.sub((grads[i] as Tensor).mul(rate))),
    );
    expect(await model(column(queryX)).array()).toEqual(seen);
    expect(() => adapt(model, loss, { learningRate: rate, steps: -1 })).toThrow(/whole number/);
  });
});
