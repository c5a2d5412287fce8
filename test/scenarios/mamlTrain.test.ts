import { describe, expect, test } from "vitest";
import { type Tensor, setSeed, tensor } from "../../src/index.ts";
import { DataLoader, type HostArray, dataset } from "../../src/data/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { MLP, adapt, withValues } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { MAMLTrain, type MAMLTrainSettings } from "../../src/scenarios/index.ts";

/** Tasks y = a·x, a from −2 to 2: four points to adapt to and four to be measured by. */
const slopes = [-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2];
const places = [-1, -0.4, 0.3, 0.9];
function field(of: (slope: number, x: number) => number): HostArray {
  const data = Float32Array.from(slopes.flatMap((slope) => places.map((x) => of(slope, x))));
  return { dtype: "f32", shape: [8, 4, 1], data };
}
const lines = dataset({
  supportInputs: field((_, x) => x),
  supportLabels: field((slope, x) => slope * x),
  queryInputs: field((_, x) => -x),
  queryLabels: field((slope, x) => -slope * x),
});

function parts() {
  setSeed(2);
  return {
    model: new MLP([8, 1]),
    optimizer: new Adam({ learningRate: 0.02 }),
    loss: meanSquaredError,
    data: new DataLoader(lines, { batchSize: 2, shuffle: true, seed: 3 }),
  };
}

async function lossesOf(settings: MAMLTrainSettings, given = parts()): Promise<number[]> {
  const losses: number[] = [];
  for await (const event of new MAMLTrain(settings).run(given)) {
    if (event.type === "step") losses.push(event.loss);
  }
  return losses;
}

describe("MAMLTrain", () => {
  test("one step then suffices", async () => {
    const given = parts();
    const losses = await lossesOf({ steps: 40, logEvery: 20, innerLearningRate: 0.3 }, given);
    expect(losses[1]).toBeLessThan((losses[0] as number) / 2);
    const column = (of: (x: number) => number): Tensor => tensor(places.map(of)).reshape([4, 1]);
    const x = column((at) => at);
    const y = column((at) => 1.2 * at); // another slope
    const loss = (): Tensor => meanSquaredError(given.model(x), y);
    const values = adapt(given.model, loss, { learningRate: 0.3 });
    const [before, after] = [await loss().item(), await withValues(values, loss).item()];
    expect(after).toBeLessThan(before / 4);
  });

  test("without what is of second order it learns, too", async () => {
    const inner = { innerSteps: 2, innerLearningRate: 0.1, firstOrder: true };
    const losses = await lossesOf({ steps: 40, logEvery: 10, ...inner });
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
  });

  test("wrong fields are told", async () => {
    const { queryLabels: _, ...some } = lines.fields;
    const data = new DataLoader(dataset(some), { batchSize: 4 });
    await expect(lossesOf({ steps: 1 }, { ...parts(), data })).rejects.toThrow(
      /MAMLTrain: batches must have the fields supportInputs and .* queryLabels/,
    );
    const flat = { dtype: "f32", shape: [3, 1], data: new Float32Array(3) } as const;
    const feed = parts().data;
    const uneven = Object.assign(Object.create(feed) as typeof feed, {
      peek: async () => ({ ...(await feed.peek()), queryInputs: flat }),
    });
    await expect(lossesOf({ steps: 1 }, { ...parts(), data: uneven })).rejects.toThrow(
      /as many tasks. Got .*queryInputs \[3, 1\]/,
    );
  });
});
