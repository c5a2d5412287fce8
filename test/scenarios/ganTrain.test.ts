import { describe, expect, test } from "vitest";
import { Generator, type Tensor, defaultGenerator, setSeed, tensor } from "../../src/index.ts";
import { DataLoader, dataset, noiseFeed, withNoise } from "../../src/data/index.ts";
import {
  type AdversarialLosses,
  gradientPenalty,
  nonSaturating,
  wasserstein,
} from "../../src/losses/index.ts";
import { MLP, Sequential } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { GANTrain, type TrainEvent } from "../../src/scenarios/index.ts";

/** Points near (2, 1), in two halves. */
const cloud = dataset({
  inputs: {
    dtype: "f32",
    shape: [48, 2],
    data: Float32Array.from({ length: 96 }, (_, i) => 2 - (i % 2) + 0.1 * Math.sin(7 * i)),
  },
  half: {
    dtype: "f32",
    shape: [48, 1],
    data: Float32Array.from({ length: 48 }, (_, i) => (i % 2 === 0 ? 1 : -1)),
  },
});

function parts(losses: AdversarialLosses) {
  setSeed(2);
  const loader = new DataLoader(cloud, { batchSize: 16, shuffle: true, seed: 4 });
  const g = noiseFeed({ size: 3, seed: 6, batchSize: 16 });
  return {
    generator: new Sequential([new MLP([8, 2])], "generator"),
    discriminator: new Sequential([new MLP([8, 1])], "discriminator"),
    generatorOptimizer: new Adam({ learningRate: 0.02, beta1: 0.5 }),
    discriminatorOptimizer: new Adam({ learningRate: 0.02, beta1: 0.5 }),
    ...losses,
    data: { g, gd: withNoise(loader, { size: 3, seed: 5 }, { inputs: "real" }) },
  };
}

async function watch(train: GANTrain, given: ReturnType<typeof parts>) {
  const seen: Record<string, number>[] = [];
  for await (const event of train.run(given) as AsyncGenerator<TrainEvent>) {
    if (event.type === "step") seen.push({ ...event.losses });
  }
  return seen;
}

async function means(given: ReturnType<typeof parts>): Promise<number[]> {
  const { noise } = (await noiseFeed({ size: 3, seed: 9, batchSize: 64 }).next()) ?? {};
  const made = given.generator(tensor(noise?.data as Float32Array, { shape: [64, 3] }));
  return [...((await made.mean([0]).data()) as Float32Array)];
}

describe("GANTrain", () => {
  test("Wasserstein with gradient penalty comes nearer to the data", async () => {
    const given = { ...parts(wasserstein), penalty: gradientPenalty({ weight: 1 }) };
    const train = new GANTrain({ steps: 90, discriminatorSteps: 2, logEvery: 30 });
    const seen = await watch(train, given);
    expect(Object.keys(seen[0] ?? {})).toEqual(["discriminator", "penalty", "generator"]);
    const [x, y] = await means(given);
    // It begins near the origin, 2.2 away.
    expect(Math.hypot((x as number) - 2, (y as number) - 1)).toBeLessThan(1.1);
    expect(given.data.gd.state()).toMatchObject({ batch: 180, inner: { batch: 3 } });
  });

  test("a penalty's points are drawn from a generator of one's own", async () => {
    const [real, fake] = [tensor([[1, 2]]), tensor([[-1, 0]])];
    const score = (x: Tensor): Tensor => x.square().sum();
    const drawn = async (): Promise<number> => {
      const penalty = gradientPenalty({ generator: new Generator(3) });
      return penalty(score, real, fake).item();
    };
    const first = await drawn();
    defaultGenerator.uniform([5]);
    expect(await drawn()).toBe(first);
  });

  test("wrong data are told before anything is trained", async () => {
    const given = parts(nonSaturating);
    const data = { ...given.data, gd: new DataLoader(cloud, { batchSize: 16 }) };
    await expect(new GANTrain({ steps: 1 })({ ...given, data })).rejects.toThrow(
      /GANTrain: batches must have the fields noise and real. Got inputs, half/,
    );
    expect(() => noiseFeed({ size: 0, batchSize: 1 })).toThrow(/size must be a positive integer/);
    await expect(
      withNoise(new DataLoader(cloud, { batchSize: 2 }), { size: 1 }, { x: "y" }).next(),
    ).rejects.toThrow(/x where there are inputs, half/);
  });
});
