// Trains a network to foretell the next character, tells what it costs on text that it has not seen, and
// lets it write.

import { UsageError, init, setSeed } from "../../src/index.ts";
import { DataLoader } from "../../src/data/index.ts";
import { Perplexity } from "../../src/metrics/index.ts";
import { Adam, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import { Evaluate, GenerateText, LanguageModelTrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { NETS } from "./nets.ts";
import { characterText } from "./text.ts";

const LENGTH = 64;
const SETTINGS: Readonly<Record<string, { batchSize: number; steps: number; rate: number }>> = {
  lstm: { batchSize: 32, steps: 600, rate: 6e-3 },
  transformer: { batchSize: 16, steps: 1200, rate: 4e-3 },
};

/** `--net lstm` (default) or `transformer`. */
export const characters: Example = async (options, workspace, emit) => {
  const { net = "lstm", seed, resume = false, signal } = options;
  const [make, settings] = [NETS[net], SETTINGS[net]];
  if (make === undefined || settings === undefined) {
    const wanted = `--net must be ${Object.keys(NETS).join(" or ")}`;
    throw new UsageError("characters", wanted, { got: net });
  }
  const { vocabulary, train, test } = characterText(await options.readText("input.txt"), LENGTH);
  await emit(
    `${(await init()).adapter}; ${vocabulary.size} characters, ${train.size} windows of ${LENGTH}`,
  );
  setSeed(seed);
  const { batchSize, rate } = settings;
  const steps = options.steps ?? settings.steps;
  const model = make(vocabulary.size);
  const testData = new DataLoader(test, { batchSize: 64, dropLast: true });
  const metrics = [new Perplexity()];
  const training = new LanguageModelTrain({ steps, workspace, resume, logEvery: 50 });
  const run = training.run(
    {
      model,
      optimizer: new Adam({ clipGlobalNorm: 1 }),
      schedule: warmup(cosineDecay({ initial: rate, steps, final: rate / 20 }), 50),
      data: new DataLoader(train, { batchSize, shuffle: true, seed, dropLast: true }),
      evaluate: () => new Evaluate()({ model, data: testData, metrics }),
    },
    { ...(signal && { signal }) },
  );
  for await (const event of run) {
    if (event.type === "step") {
      await emit({ type: "curve", step: event.step, values: { ...event.losses } });
    } else if (event.type === "evaluation") {
      const nats = Math.log(event.metrics.perplexity as number);
      await emit({ type: "goal", name: "held out, nats per character", value: nats });
    }
  }
  const writing = new GenerateText({ tokens: 300, seed });
  const { text } = await writing({ model, prompt: "\n", vocabulary });
  await emit({ type: "text", name: "written", text });
};
