import { describe, expect, test } from "vitest";
import {
  type Tensor,
  concat,
  defaultGenerator,
  full,
  l2Normalize,
  setSeed,
  tensor,
} from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { ContrastiveTrain, type ContrastiveTrainSettings } from "../../src/scenarios/index.ts";

/** Points of a circle. */
const angles = Array.from({ length: 32 }, (_, i) => (2 * Math.PI * i) / 32);
const points = Float32Array.from(angles.flatMap((a) => [Math.cos(a), Math.sin(a)]));
const circle = dataset({ inputs: { dtype: "f32", shape: [32, 2], data: points } });

/** A view: moved a little, with a third coordinate that says nothing. */
function augment(inputs: Tensor): Tensor {
  const [rows = 0] = inputs.shape;
  const moved = inputs.add(defaultGenerator.normal(inputs.shape, 0, 0.05));
  return concat([moved, defaultGenerator.normal([rows, 1])], 1);
}

/** Mean cosine of representations of views that differ in the third coordinate. */
async function likeness(encoder: (x: Tensor) => Tensor): Promise<number> {
  const x = tensor(points, { shape: [32, 2] });
  const [a, b] = [-1, 1].map((third) => {
    return l2Normalize(encoder(concat([x, full([32, 1], third)], 1)));
  }) as [Tensor, Tensor];
  return a.mul(b).sum(-1).mean().item();
}

function parts() {
  setSeed(3);
  return {
    encoder: new MLP([16, 8], { name: "encoder" }),
    projection: new MLP([8], { name: "projection" }),
    augment,
    optimizer: new Adam({ learningRate: 0.02 }),
    data: new DataLoader(circle, { batchSize: 16, shuffle: true, seed: 1 }),
  };
}

async function lossesOf(settings: ContrastiveTrainSettings, given = parts()): Promise<number[]> {
  const losses: number[] = [];
  for await (const event of new ContrastiveTrain(settings).run(given)) {
    if (event.type === "step") losses.push(event.loss);
  }
  return losses;
}

describe("ContrastiveTrain", () => {
  test("representations come to tell examples apart, whatever the view", async () => {
    const given = parts();
    const losses = await lossesOf({ steps: 1, temperature: 0.2 }, given);
    const before = await likeness(given.encoder);
    losses.push(...(await lossesOf({ steps: 40, logEvery: 20, temperature: 0.2 }, given)));
    // Guessing among 31 costs 3.43 nats.
    expect(losses[2]).toBeLessThan(0.6 * (losses[0] as number));
    expect(before).toBeLessThan(0.5);
    expect(await likeness(given.encoder)).toBeGreaterThan(0.75);
  });

  test("wrong parts are told", async () => {
    const wrong = { ...parts(), augment: (x: Tensor) => x.slice([[0, 3]]) };
    await expect(lossesOf({ steps: 1 }, wrong)).rejects.toThrow(
      /ContrastiveTrain: augment must give a view of each example. Got .*\[3, 2\]/,
    );
    const data = new DataLoader(
      dataset({ images: { dtype: "f32", shape: [32, 2], data: points } }),
      { batchSize: 4 },
    );
    await expect(lossesOf({ steps: 1 }, { ...parts(), data })).rejects.toThrow(
      /ContrastiveTrain: batches must have the fields inputs. Got images/,
    );
  });
});
