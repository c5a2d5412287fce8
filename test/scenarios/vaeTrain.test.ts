import { describe, expect, test } from "vitest";
import { setSeed } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { bernoulliLikelihood, gaussianLikelihood } from "../../src/losses/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { VAETrain, type VAETrainParts } from "../../src/scenarios/index.ts";

/** Rows of six: ones in the first half, or in the second, equally often. */
const halves = dataset({
  inputs: {
    dtype: "f32",
    shape: [32, 6],
    data: Float32Array.from({ length: 192 }, (_, i) => {
      return Math.floor(i / 6) % 2 === Math.floor((i % 6) / 3) ? 1 : 0;
    }),
  },
});

function parts(): VAETrainParts {
  setSeed(3);
  return {
    encoder: new MLP([8, 4], { name: "encoder" }),
    decoder: new MLP([8, 6], { name: "decoder" }),
    likelihood: bernoulliLikelihood,
    optimizer: new Adam({ learningRate: 0.03 }),
    data: new DataLoader(halves, { batchSize: 16, shuffle: true, seed: 1 }),
  };
}

async function watch(train: VAETrain, given: VAETrainParts) {
  const seen: Record<string, number>[] = [];
  for await (const event of train.run(given)) {
    if (event.type === "step") seen.push({ ...event.losses });
  }
  return seen;
}

describe("VAETrain", () => {
  test("one bit is learned to cost little more than its log 2 nats", async () => {
    const seen = await watch(new VAETrain({ steps: 90, logEvery: 30 }), parts());
    expect(Object.keys(seen[0] ?? {})).toEqual(["loss", "reconstruction", "kl"]);
    // Six bits unlearned: 4.16 nats.
    const { loss = NaN, reconstruction = NaN, kl = NaN } = seen[2] ?? {};
    expect(loss).toBeGreaterThan(Math.LN2);
    expect(loss).toBeLessThan(2);
    expect(kl).toBeGreaterThan(0.5);
    expect(loss).toBeCloseTo(reconstruction + kl, 4);
  });

  test("β weighs the divergence; a Gaussian decoder", async () => {
    const likelihood = gaussianLikelihood({ deviation: 0.2 });
    const train = new VAETrain({ steps: 20, logEvery: 10, beta: 4 });
    const [first, last] = await watch(train, { ...parts(), likelihood });
    expect(last?.loss).toBeLessThan(first?.loss as number);
    const { loss, reconstruction, kl } = last as Record<string, number>;
    expect(loss).toBeCloseTo((reconstruction as number) + 4 * (kl as number), 3);
    expect(() => new VAETrain({ steps: 1, beta: -1 })).toThrow(/beta must be a number from 0/);
  });

  test("wrong data are told", async () => {
    const images = halves.fields.inputs as never;
    const data = new DataLoader(dataset({ images }), { batchSize: 16 });
    await expect(new VAETrain({ steps: 1 })({ ...parts(), data })).rejects.toThrow(
      /VAETrain: batches must have the fields inputs. Got images/,
    );
  });
});
