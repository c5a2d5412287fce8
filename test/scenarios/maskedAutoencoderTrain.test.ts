import { describe, expect, test } from "vitest";
import { type Tensor, Variable, concat, oneHot, setSeed, zeros } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { Linear, MLP, Module, Sequential } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import {
  MaskedAutoencoderTrain,
  type MaskedAutoencoderTrainSettings,
} from "../../src/scenarios/index.ts";

/** Images of 4 × 4 pixels, each of one grey that any patch gives away. */
const greys = dataset({
  inputs: {
    dtype: "f32",
    shape: [32, 4, 4, 1],
    data: Float32Array.from({ length: 32 * 16 }, (_, i) => Math.sin(3 * Math.floor(i / 16))),
  },
});

/** Patches with their places, each by itself. */
class Encoder extends Module<(patches: Tensor, places: Tensor) => Tensor> {
  readonly seen: (readonly number[])[] = [];
  readonly linear: Linear = new Linear(4);
  forward(patches: Tensor, places: Tensor): Tensor {
    this.seen.push(patches.shape);
    return this.linear(concat([patches, oneHot(places, 4)], 2));
  }
}

/** Everything from the mean. */
class Decoder extends Module<(latents: Tensor, places: Tensor) => Tensor> {
  readonly net: Sequential = new Sequential([new MLP([16])]);
  forward(latents: Tensor): Tensor {
    return this.net(latents.mean(1)).reshape([latents.shape[0] as number, 4, 4]);
  }
}

/** 0 where nothing was seen, 1000 elsewhere. */
class Marks extends Module<(latents: Tensor, places: Tensor) => Tensor> {
  readonly bias: Variable = new Variable(zeros([1]), { name: "bias" });
  #places: Tensor | undefined;

  /** Of the last call. */
  async rows(): Promise<number[][]> {
    return (await this.#places?.array()) as number[][];
  }

  forward(latents: Tensor, places: Tensor): Tensor {
    const [batch = 0, seen = 0] = latents.shape;
    this.#places = new Variable(places.contiguous());
    const values = seen === 1 ? 4 : 1;
    const isSeen = oneHot(places, seen === 1 ? 4 : 8)
      .sum(1)
      .reshape([batch, -1, 1]);
    return isSeen
      .mul(1000)
      .add(this.bias)
      .add(zeros([1, 1, values]));
  }
}

function parts() {
  setSeed(4);
  return {
    encoder: new Encoder("encoder"),
    decoder: new Decoder("decoder"),
    optimizer: new Adam({ learningRate: 0.02 }),
    data: new DataLoader(greys, { batchSize: 16, shuffle: true, seed: 1 }),
  };
}

async function lossesOf(
  settings: Omit<MaskedAutoencoderTrainSettings, "patchSize">,
  given = parts(),
): Promise<number[]> {
  const losses: number[] = [];
  const train = new MaskedAutoencoderTrain({ patchSize: 2, ...settings });
  for await (const event of train.run(given)) {
    if (event.type === "step") losses.push(event.loss);
  }
  return losses;
}

describe("MaskedAutoencoderTrain", () => {
  test("what is hidden comes to be told from what is seen", async () => {
    const given = parts();
    const losses = await lossesOf({ steps: 60, logEvery: 20 }, given);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 4);
    expect(given.encoder.seen[0]).toEqual([16, 1, 4]);
  });

  test("only what is hidden counts, which differs from example to example", async () => {
    const images = dataset({
      inputs: { dtype: "f32", shape: [64, 2, 4, 1], data: new Float32Array(512).fill(0.5) },
    });
    const decoder = new Marks("marks");
    const given = { ...parts(), decoder, data: new DataLoader(images, { batchSize: 64 }) };
    const settings = { steps: 1, patchSize: 1, maskRatio: 0.5, compiled: false };
    const result = await new MaskedAutoencoderTrain(settings)(given);
    expect(result.loss).toBe(0.25);
    const rows = await decoder.rows();
    expect(new Set(rows.map((row) => row.join())).size).toBeGreaterThan(32);
    for (const row of rows) expect(new Set(row).size).toBe(4);
  });

  test("normalized targets have mean 0 and deviation 1", async () => {
    const data = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i) * (1 + (i % 7)) + 3);
    const images = dataset({ inputs: { dtype: "f32", shape: [32, 4, 4, 1], data } });
    const decoder = new Marks("marks");
    const given = { ...parts(), decoder, data: new DataLoader(images, { batchSize: 32 }) };
    const settings = { steps: 1, patchSize: 2, normalizeTargets: true, compiled: false };
    const { loss } = await new MaskedAutoencoderTrain(settings)(given);
    expect(loss).toBeCloseTo(1, 5);
  });

  test("something must be hidden, and something seen", async () => {
    for (const maskRatio of [0, 0.1, 0.9, NaN]) {
      await expect(lossesOf({ steps: 1, maskRatio })).rejects.toThrow(
        /some patches must be hidden, and some not. Got maskRatio .* of 4 patches/,
      );
    }
  });
});
