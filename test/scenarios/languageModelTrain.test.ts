import { describe, expect, test } from "vitest";
import { setSeed, tensor } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { crossEntropy, zLoss } from "../../src/losses/index.ts";
import { Embed, Linear, Sequential } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import {
  LanguageModelTrain,
  type LanguageModelTrainSettings,
  type StepEvent,
} from "../../src/scenarios/index.ts";
import { MemoryWorkspace, RunLog } from "../../src/workspace/index.ts";

const VOCABULARY = 5;

/** 0 1 2 3 4 0 1 …, in windows of four. */
function counting(field: "labels" | "targets" = "labels") {
  const shifted = (shift: number) => ({
    dtype: "i32" as const,
    shape: [12, 4],
    data: Int32Array.from({ length: 48 }, (_, i) => (i + shift) % VOCABULARY),
  });
  const data = dataset({ inputs: shifted(0), [field]: shifted(1) });
  return new DataLoader(data, { batchSize: 6, shuffle: true, seed: 1 });
}

function parts() {
  setSeed(3);
  const model = new Sequential([new Embed({ vocabSize: VOCABULARY, embedDim: 4 }), new Linear(5)]);
  return { model, optimizer: new Adam({ learningRate: 0.05 }), data: counting() };
}

async function watch(settings: LanguageModelTrainSettings, given = parts()) {
  const seen: StepEvent[] = [];
  for await (const event of new LanguageModelTrain(settings).run(given)) {
    if (event.type === "step") seen.push(event);
  }
  return seen.map(({ losses }) => ({ ...losses }));
}

describe("LanguageModelTrain", () => {
  test("learns what comes next, and tells nats and perplexity", async () => {
    const workspace = new MemoryWorkspace();
    const seen = await watch({ steps: 60, logEvery: 20, workspace });
    expect(seen[0]?.nats).toBeGreaterThan(0.8);
    expect(seen[2]?.nats).toBeLessThan(0.4);
    for (const { nats, perplexity } of seen) expect(perplexity).toBe(Math.exp(nats as number));
    const log = await new RunLog(workspace).read();
    expect(log.map(({ perplexity }) => perplexity)).toEqual(seen.map((one) => one.perplexity));
  });

  test("the loss is smoothed cross-entropy and weighted z-loss, the nats are those of labels", async () => {
    const given = parts();
    const batch = await given.data.peek();
    const codes = tensor(batch?.inputs?.data as Int32Array, { shape: [6, 4] });
    const labels = tensor(batch?.labels?.data as Int32Array, { shape: [6, 4] });
    const logits = given.model(codes);
    const smoothed = await crossEntropy(logits, labels, {
      labelSmoothing: 0.1,
      ignoreIndex: 2,
    }).item();
    const nats = await crossEntropy(logits, labels, { ignoreIndex: 2 }).item();
    const z = await zLoss(logits).item();
    const settings = { labelSmoothing: 0.1, zLoss: 0.5, ignoreIndex: 2 };
    const [first] = await watch({ steps: 1, ...settings }, given);
    expect(first?.loss).toBeCloseTo(smoothed + 0.5 * z, 5);
    expect(first?.nats).toBeCloseTo(nats, 5);
    expect(first?.zLoss).toBeCloseTo(z, 5);
  });

  test("wrong settings and data are told", async () => {
    expect(() => new LanguageModelTrain({ steps: 1, zLoss: -1 })).toThrow(/zLoss must not be/);
    await expect(
      new LanguageModelTrain({ steps: 1 })({ ...parts(), data: counting("targets") }),
    ).rejects.toThrow(/fields inputs and labels. Got inputs, targets/);
  });
});
