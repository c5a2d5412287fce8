import { describe, expect, test } from "vitest";
import { type Tensor, setSeed, tensor } from "../../src/index.ts";
import {
  bernoulliLikelihood,
  gaussianKlDivergence,
  gaussianLikelihood,
  variationalLosses,
} from "../../src/losses/index.ts";
import { expectClose } from "../support/check.ts";

const means = [0.3, -1.2, 0, 2, 0.5, -0.7];
const logVariances = [-1, 0.4, 0, 0.2, -3, 1.1];
const rows = (values: readonly number[]): Tensor => tensor(values, { shape: [2, 3] });
const none = { reduction: "none" } as const;

// Wanted numbers: scipy, the densities integrated by quadrature for the divergence.
describe("Gaussians and likelihoods", () => {
  test("gaussianKlDivergence sums over each example", async () => {
    const [mu, logs] = [rows(means), rows(logVariances)];
    const want = [0.9948520694, 3.8576779252];
    await expectClose(gaussianKlDivergence(mu, logs, none), want, [2]);
    const maps = gaussianKlDivergence(mu.reshape([2, 1, 3]), logs.reshape([2, 1, 3]));
    await expectClose(maps, [2.4262649973], []);
    await expectClose(gaussianKlDivergence(rows(Array(6).fill(0)), mu.mul(0)), [0], []);
    expect(() => gaussianKlDivergence(mu, logs.reshape([3, 2]))).toThrow(/must have the same/);
  });

  test("gaussianLikelihood and bernoulliLikelihood are of each example", async () => {
    const x = rows([0.1, -1, 0.4, 1.5, 0.9, -0.2]);
    const narrow = gaussianLikelihood({ deviation: 0.5 });
    await expectClose(narrow(rows(means), x), [1.15737406, 1.99737406], [2]);
    await expectClose(gaussianLikelihood()(rows(means), x), [2.8768156, 3.0868156], [2]);
    const bits = rows([0, 1, 1, 1, 0, 1]);
    await expectClose(bernoulliLikelihood(rows(means), bits), [3.01078489, 2.20419104], [2]);
    expect(() => narrow(rows(means), x.slice([null, [0, 2]]))).toThrow(/outputs and examples/);
    expect(() => gaussianLikelihood({ deviation: 0 })).toThrow(/deviation must be a positive/);
  });
});

describe("variationalLosses", () => {
  const likelihood = gaussianLikelihood();
  const decoder = (z: Tensor): Tensor => z;

  test("the reconstruction's mean is that over the latents, and β weighs the divergence", async () => {
    setSeed(1);
    const many = 4000;
    const encoder = (x: Tensor): Tensor => x.mul(0).add(tensor([0.5, 0, -1.2, 0.6, -0.8, 0]));
    const x = tensor(Array(3 * many).fill(0), { shape: [many, 3] });
    // The encoder's six numbers: means, then log variances.
    const wide = (y: Tensor): Tensor => encoder(y.slice([null, [0, 1]]));
    const parts = { encoder: wide, decoder, likelihood };
    const { loss, reconstruction, kl } = variationalLosses(parts, x, { beta: 0.5 });
    // E (x − z)² = μ² + σ²: ½ (0.25 + e^0.6 + e^−0.8 + 1.44 + 1) + 1.5 log 2π
    const want = 0.5 * (1.69 + Math.exp(0.6) + Math.exp(-0.8) + 1) + 1.5 * Math.log(2 * Math.PI);
    expect(Math.abs((await reconstruction.item()) - want)).toBeLessThan(0.1);
    const divergence = 0.5 * (1.69 + Math.exp(0.6) + Math.exp(-0.8) + 1 - (0.6 - 0.8) - 3);
    expect(await kl.item()).toBeCloseTo(divergence, 4);
    const sum = (await reconstruction.item()) + 0.5 * (await kl.item());
    expect(await loss.item()).toBeCloseTo(sum, 4);
  });

  test("a wrong encoder is told", () => {
    const parts = { encoder: decoder, decoder, likelihood };
    expect(() => variationalLosses(parts, rows(means))).toThrow(/Got \[2, 3\]. Make its last/);
  });
});
