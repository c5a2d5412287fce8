import { describe, expect, test } from "vitest";
import { type Tensor, setSeed } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { AutoencoderTrain } from "../../src/scenarios/index.ts";

/** Points of four numbers along a curve, which one number tells. */
const curve = dataset({
  inputs: {
    dtype: "f32",
    shape: [32, 4],
    data: Float32Array.from({ length: 128 }, (_, i) => {
      return Math.sin(0.05 * Math.floor(i / 4) + (i % 4));
    }),
  },
});

function parts() {
  setSeed(3);
  return {
    encoder: new MLP([8, 1], { name: "encoder" }),
    decoder: new MLP([8, 4], { name: "decoder" }),
    optimizer: new Adam({ learningRate: 0.02 }),
    loss: meanSquaredError,
    data: new DataLoader(curve, { batchSize: 16, shuffle: true, seed: 1 }),
  };
}

async function watch(train: AutoencoderTrain, given: ReturnType<typeof parts>): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of train.run(given)) if (event.type === "step") seen.push(event.loss);
  return seen;
}

describe("AutoencoderTrain", () => {
  test("finds a code of one number for points along a curve", async () => {
    const seen = await watch(new AutoencoderTrain({ steps: 120, logEvery: 60 }), parts());
    // The variance of the data is 0.5.
    expect(seen[1]).toBeLessThan(0.05);
  });

  test("what is corrupted is for the encoder alone", async () => {
    const given = { ...parts(), corrupt: (x: Tensor): Tensor => x.mul(0) };
    const { loss } = await new AutoencoderTrain({ steps: 1 })(given);
    // Biases begin at 0: everything is decoded as 0, and the loss is the mean square of a batch.
    expect(loss).toBeCloseTo(0.5, 1);
  });

  test("wrong data are told", async () => {
    const { inputs } = curve.fields;
    const data = new DataLoader(dataset({ images: inputs as never }), { batchSize: 16 });
    await expect(new AutoencoderTrain({ steps: 1 })({ ...parts(), data })).rejects.toThrow(
      /AutoencoderTrain: batches must have the fields inputs. Got images/,
    );
  });
});
