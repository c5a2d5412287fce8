// The scenario of docs/write-a-scenario.md.

import { describe, expect, test } from "vitest";
import { setSeed } from "../../src/index.ts";
import { DataLoader, sliceExamples, twoMoons } from "../../src/data/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";
import { mutual } from "../../examples/ownScenario/main.ts";
import { MutualTrain, type MutualTrainSettings } from "../../examples/ownScenario/mutualTrain.ts";

async function lossesOf(
  settings: MutualTrainSettings,
): Promise<Readonly<Record<string, number>>[]> {
  setSeed(2);
  const moons = twoMoons().sample(64);
  const student = () => ({ model: new MLP([8, 2]), optimizer: new Adam() });
  const loader = (start: number) =>
    new DataLoader(sliceExamples(moons, start, start + 32), { batchSize: 16, shuffle: true });
  const parts = { first: student(), second: student(), data: { first: loader(0), second: loader(32) } }; // prettier-ignore
  const seen: Readonly<Record<string, number>>[] = [];
  for await (const event of new MutualTrain({ logEvery: 1, ...settings }).run(parts)) {
    if (event.type === "step") seen.push(event.losses);
  }
  return seen;
}

describe("a scenario of one's own", () => {
  test("learns, and tells losses by name", async () => {
    const lines: string[] = [];
    const { accuracy } = await mutual({ steps: 80, logEvery: 40 }, (line) => lines.push(line));
    expect(accuracy).toBeGreaterThan(0.9);
    expect(lines[1]).toMatch(
      /^80: {"first":\S+,"firstMutual":\S+,"second":\S+,"secondMutual":\S+}$/,
    );
  });

  test("goes on from a checkpoint to the same bits", async () => {
    const whole = await lossesOf({ steps: 7 });
    const workspace = new MemoryWorkspace();
    await lossesOf({ steps: 4, workspace });
    expect(await lossesOf({ steps: 7, workspace, resume: true })).toEqual(whole.slice(4));
  });
});
