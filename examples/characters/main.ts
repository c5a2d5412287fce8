// Trains a network to foretell the next character, tells what it costs on text that it has not seen, and
// lets it write.

import { UsageError, init, setSeed } from "../../src/index.ts";
import { DataLoader } from "../../src/data/index.ts";
import { Perplexity } from "../../src/metrics/index.ts";
import { Adam, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import { Evaluate, GenerateText, LanguageModelTrain } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { characterText } from "./dataset.ts";
import { NETS } from "./net.ts";
import { SONNETS } from "./sonnets.ts";

/** Of windows, and of what is written in the end. */
const USUAL = { length: 64, testBatchSize: 64, tokens: 300, logEvery: 50, net: {} };

/** With a few sonnets. Something is written often. */
const QUICK = {
  ...{ length: 24, testBatchSize: 10, tokens: 120, logEvery: 5, net: { size: 64 } },
  ...{ batchSize: 16, steps: 2000, evaluateEvery: 25 },
};

const SETTINGS: Readonly<Record<string, { batchSize: number; steps: number; rate: number }>> = {
  lstm: { batchSize: 32, steps: 600, rate: 6e-3 },
  transformer: { batchSize: 16, steps: 1200, rate: 4e-3 },
};

/** `--net lstm` (default) or `transformer`. */
export const characters: Example = async (options, workspace, emit) => {
  const { net = "lstm", seed, resume = false, signal, quick = false } = options;
  const [make, settings] = [NETS[net], SETTINGS[net]];
  if (make === undefined || settings === undefined) {
    const wanted = `--net must be ${Object.keys(NETS).join(" or ")}`;
    throw new UsageError("characters", wanted, { got: net });
  }
  const known = quick ? SONNETS : await options.readText("input.txt");
  const chosen = { ...settings, ...(quick ? QUICK : USUAL) };
  const { batchSize, rate, length, testBatchSize, tokens, ...usual } = chosen;
  const { vocabulary, train, test } = characterText(known, length);
  await emit(
    `${(await init()).adapter}; ${vocabulary.size} characters, ${train.size} windows of ${length}`,
  );
  setSeed(seed);
  const steps = options.steps ?? usual.steps;
  const model = make(vocabulary.size, chosen.net);
  const testData = new DataLoader(test, { batchSize: testBatchSize, dropLast: true });
  const metrics = [new Perplexity()];
  const writing = new GenerateText({ tokens, seed });
  const training = new LanguageModelTrain({ ...usual, steps, workspace, resume });
  const run = training.run(
    {
      model,
      optimizer: new Adam({ clipGlobalNorm: 1 }),
      schedule: warmup(cosineDecay({ initial: rate, steps, final: rate / 20 }), 50),
      data: new DataLoader(train, { batchSize, shuffle: true, seed, dropLast: true }),
      evaluate: async () => {
        const { text } = await writing({ model, prompt: "\n", vocabulary });
        await emit({ type: "text", name: "written", text });
        return new Evaluate()({ model, data: testData, metrics });
      },
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
};
