import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../src/index.ts";
import {
  BaseBatchNorm,
  BatchNorm,
  type Layer,
  Linear,
  Mean,
  Sequential,
  updateBatchNorm,
} from "../../src/nn/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

describe("updateBatchNorm", () => {
  const training = { isTraining: true };
  const batches = [1, 2, 3].map((seed) => randomTensor([4, 3], seed));
  /** Means and biased variances of the columns, averaged over the batches. */
  const wanted = async (): Promise<[number[], number[]]> => {
    const lists = await Promise.all(batches.map(async (batch) => [...(await batch.data())]));
    const over = (statistic: (column: number[]) => number): number[] => {
      return [0, 1, 2].map((i) => {
        const columns = lists.map((list) => list.filter((_, at) => at % 3 === i));
        return columns.reduce((sum, column) => sum + statistic(column) / lists.length, 0);
      });
    };
    const mean = (x: number[]): number => x.reduce((sum, value) => sum + value / x.length, 0);
    return [over(mean), over((x) => mean(x.map((value) => (value - mean(x)) ** 2)))];
  };

  test("gathers equal means over the batches, whatever was there", async () => {
    const norm = new BatchNorm(true, true, { decayRate: 0.9 });
    const plain = new BaseBatchNorm(true, true, new Mean("mean"), new Mean("variance"));
    const run = (x: Tensor): Tensor => plain(norm(x.mul(1), training), training);
    run(randomTensor([4, 3], 9));
    const model = new Sequential([norm as unknown as Layer, plain as unknown as Layer]);
    await updateBatchNorm(model, batches, run);
    const [mean, variance] = await wanted();
    await expectClose(norm.movingMean.value, mean, [1, 3]);
    await expectClose(norm.movingVariance.value, variance, [1, 3]);
    await expectClose(plain.movingMean.value, [0, 0, 0], [1, 3]);
    await expectClose(plain.movingVariance.value, [1, 1, 1], [1, 3], { rtol: 1e-3 });
  });

  test("leaves statistics as they were if it cannot", async () => {
    const norm = new BatchNorm(true, true);
    await expect(updateBatchNorm(norm, batches, () => 0)).rejects.toThrow(/called before/);
    norm(batches[0] as Tensor, training);
    const before = await norm.movingMean.value.data();
    await expect(updateBatchNorm(norm, [], () => 0)).rejects.toThrow(/there must be a batch/);
    const evaluate = (x: Tensor): Tensor => norm(x, { isTraining: false });
    await expect(updateBatchNorm(norm, batches, evaluate)).rejects.toThrow(/must let every batch/);
    expect(await norm.movingMean.value.data()).toEqual(before);
    const fixed = { initialize: () => 0, update: () => 0, value: tensor([[0, 0, 0]]) };
    const other = new BaseBatchNorm(true, true, fixed, fixed);
    other(batches[0] as Tensor, training);
    await expect(updateBatchNorm(other, batches, () => 0)).rejects.toThrow(/ones with reset/);
    const linear = new Linear(2);
    await updateBatchNorm(linear, batches, () => expect.fail("has no batch norm"));
  });
});
