import { describe, expect, test } from "vitest";
import { setSeed } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { MLP, VectorQuantizer, VectorQuantizerEMA } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { VQVAETrain, type VQVAETrainParts } from "../../src/scenarios/index.ts";

/** Points of three numbers close about four corners. */
const corners = dataset({
  inputs: {
    dtype: "f32",
    shape: [32, 3],
    data: Float32Array.from({ length: 96 }, (_, i) => {
      const [point, axis] = [Math.floor(i / 3), i % 3];
      return (((point % 4) >> axis) % 2) * 2 - 1 + 0.05 * Math.sin(5 * i);
    }),
  },
});

function parts(quantizer: () => VQVAETrainParts["quantizer"]): VQVAETrainParts {
  setSeed(4);
  return {
    encoder: new MLP([8, 2], { name: "encoder" }),
    quantizer: quantizer(),
    decoder: new MLP([8, 3], { name: "decoder" }),
    optimizer: new Adam({ learningRate: 0.02 }),
    data: new DataLoader(corners, { batchSize: 16, shuffle: true, seed: 1 }),
  };
}

const learned = () => new VectorQuantizer(2, 8, 0.25);
const following = () => new VectorQuantizerEMA(2, 8, 0.25, 0.9);

async function watch(train: VQVAETrain, given: VQVAETrainParts) {
  const seen: Record<string, number>[] = [];
  for await (const event of train.run(given)) {
    if (event.type === "step") seen.push({ ...event.losses });
  }
  return seen;
}

describe.each(Object.entries({ learned, following }))("VQVAETrain, a %s codebook", (_, make) => {
  test("four corners take about four vectors", async () => {
    const seen = await watch(new VQVAETrain({ steps: 150, logEvery: 50 }), parts(make));
    expect(Object.keys(seen[0] ?? {})).toEqual([
      ...["loss", "reconstruction", "commitment", "perplexity"],
    ]);
    const { loss, reconstruction, commitment, perplexity } = seen[2] as Record<string, number>;
    // The variance of the data is 0.67.
    expect(reconstruction).toBeLessThan(0.1);
    expect(perplexity).toBeGreaterThan(3);
    expect(loss).toBeCloseTo((reconstruction as number) + (commitment as number), 4);
  });
});

test("wrong data are told", async () => {
  const images = corners.fields.inputs as never;
  const data = new DataLoader(dataset({ images }), { batchSize: 16 });
  await expect(new VQVAETrain({ steps: 1 })({ ...parts(learned), data })).rejects.toThrow(
    /VQVAETrain: batches must have the fields inputs. Got images/,
  );
});
