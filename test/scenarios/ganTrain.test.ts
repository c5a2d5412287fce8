import { describe, expect, test } from "vitest";
import { type Tensor, concat, setSeed, tensor } from "../../src/index.ts";
import { DataLoader, dataset, noiseFeed, withNoise } from "../../src/data/index.ts";
import {
  type AdversarialLosses,
  adversarialHinge,
  gradientPenalty,
  leastSquares,
  nonSaturating,
  wasserstein,
} from "../../src/losses/index.ts";
import { MLP, Module } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { GANTrain, type TrainEvent } from "../../src/scenarios/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";

/** Points near (2, 1), in two halves that a condition tells apart. */
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

/** A network over inputs and condition. */
class Net extends Module<(x: Tensor, condition?: Tensor) => Tensor> {
  readonly mlp: MLP;
  constructor(sizes: readonly number[], name: string) {
    super(name);
    this.mlp = new MLP(sizes);
  }
  forward(x: Tensor, condition?: Tensor): Tensor {
    return this.mlp(condition === undefined ? x : concat([x, condition], 1));
  }
}

function parts(losses: AdversarialLosses, condition = false) {
  setSeed(2);
  const loader = () => new DataLoader(cloud, { batchSize: 16, shuffle: true, seed: 4 });
  const real = { inputs: "real", ...(condition && { half: "condition" }) };
  const options = { size: 3, seed: 5 };
  const g = condition
    ? withNoise(loader(), { ...options, seed: 6 }, { half: "condition" })
    : noiseFeed({ ...options, seed: 6, batchSize: 16 });
  return {
    generator: new Net([8, 2], "generator"),
    discriminator: new Net([8, 1], "discriminator"),
    generatorOptimizer: new Adam({ learningRate: 0.02, beta1: 0.5 }),
    discriminatorOptimizer: new Adam({ learningRate: 0.02, beta1: 0.5 }),
    ...losses,
    data: { g, gd: withNoise(loader(), options, real) },
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
    const train = new GANTrain({ steps: 120, discriminatorSteps: 2, logEvery: 40 });
    const seen = await watch(train, given);
    expect(Object.keys(seen[0] ?? {})).toEqual(["discriminator", "penalty", "generator"]);
    const [x, y] = await means(given);
    // It begins near the origin, 2.2 away.
    expect(Math.hypot((x as number) - 2, (y as number) - 1)).toBeLessThan(1.1);
    expect(given.data.gd.state()).toMatchObject({ batch: 240, inner: { batch: 3 } });
  });

  test("compiled and eager agree, and a resumed run gives the same bits", async () => {
    const given = () => ({ ...parts(wasserstein, true), penalty: gradientPenalty() });
    const settings = { steps: 8, logEvery: 1, discriminatorSteps: 2 };
    const whole = await watch(new GANTrain(settings), given());
    const eager = await watch(new GANTrain({ ...settings, compiled: false }), given());
    eager.forEach((losses, i) => {
      for (const [name, value] of Object.entries(losses)) {
        expect(value).toBeCloseTo(whole[i]?.[name] as number, 4);
      }
    });
    const workspace = new MemoryWorkspace();
    await new GANTrain({ ...settings, steps: 5, workspace })(given());
    const rest = await watch(new GANTrain({ ...settings, workspace, resume: true }), given());
    expect(rest).toEqual(whole.slice(5));
  });

  test.each(Object.entries({ nonSaturating, leastSquares, adversarialHinge }))(
    "%s: the discriminator learns to tell them apart",
    async (_, losses) => {
      const seen = await watch(new GANTrain({ steps: 30, logEvery: 10 }), parts(losses));
      expect(seen[2]?.discriminator).toBeLessThan(seen[0]?.discriminator as number);
    },
  );

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
