import { describe, expect, test } from "vitest";
import { type Tensor, defaultGenerator, setSeed } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { AutoencoderTrain } from "../../src/scenarios/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";

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

const noisy = (x: Tensor): Tensor => x.add(defaultGenerator.normal(x.shape, 0, 0.1));

describe("AutoencoderTrain", () => {
  test("finds a code of one number for points along a curve", async () => {
    const seen = await watch(new AutoencoderTrain({ steps: 200, logEvery: 100 }), parts());
    // The variance of the data is 0.5.
    expect(seen[1]).toBeLessThan(0.05);
  });

  test("noise for the encoder alone; compiled as eager, resumed to the bit", async () => {
    const given = () => ({ ...parts(), corrupt: noisy });
    const settings = { steps: 8, logEvery: 1 };
    const whole = await watch(new AutoencoderTrain(settings), given());
    const clean = await watch(new AutoencoderTrain(settings), parts());
    expect(whole[0]).not.toBe(clean[0]);
    const eager = await watch(new AutoencoderTrain({ ...settings, compiled: false }), given());
    eager.forEach((loss, i) => expect(loss).toBeCloseTo(whole[i] as number, 4));
    const workspace = new MemoryWorkspace();
    await new AutoencoderTrain({ ...settings, steps: 5, workspace })(given());
    const rest = new AutoencoderTrain({ ...settings, workspace, resume: true });
    expect(await watch(rest, given())).toEqual(whole.slice(5));
  });

  test("wrong data are told", async () => {
    const { inputs } = curve.fields;
    const data = new DataLoader(dataset({ images: inputs as never }), { batchSize: 16 });
    await expect(new AutoencoderTrain({ steps: 1 })({ ...parts(), data })).rejects.toThrow(
      /AutoencoderTrain: batches must have the fields inputs. Got images/,
    );
  });
});
