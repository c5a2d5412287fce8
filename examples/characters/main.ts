// Trains a network to foretell the next character, and tells what it costs on text that it has not seen.

import {
  HostRandom,
  type Tensor,
  UsageError,
  compile,
  init,
  scope,
  setSeed,
  softmax,
  tensor,
} from "../../src/index.ts";
import { type CharacterVocabulary, DataLoader } from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Mean, type Metric } from "../../src/metrics/index.ts";
import { Adam, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import { Evaluate, SupervisedTrain } from "../../src/scenarios/index.ts";
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
  const name = options.net ?? "lstm";
  const [make, settings] = [NETS[name], SETTINGS[name]];
  if (make === undefined || settings === undefined) {
    const wanted = `--net must be ${Object.keys(NETS).join(" or ")}`;
    throw new UsageError("characters", wanted, { got: name });
  }
  const { vocabulary, train, test } = characterText(await options.readText("input.txt"), LENGTH);
  await emit(
    `${(await init()).adapter}; ${vocabulary.size} characters, ${train.size} windows of ${LENGTH}`,
  );
  setSeed(options.seed);
  const { batchSize, rate } = settings;
  const steps = options.steps ?? settings.steps;
  const model = make(vocabulary.size);
  const data = new DataLoader(train, {
    batchSize,
    shuffle: true,
    seed: options.seed,
    dropLast: true,
  });
  const testData = new DataLoader(test, { batchSize: 64, dropLast: true });
  const mean = new Mean("nats");
  const nats: Metric<[Tensor, Tensor]> = {
    name: mean.name,
    reset: () => mean.reset(),
    update: (outputs, labels) => mean.update(crossEntropy(outputs, labels)),
    result: () => mean.result(),
  };
  const evaluate = () => new Evaluate()({ model, data: testData, metrics: [nats] });
  const scenario = new SupervisedTrain({ steps, workspace, logEvery: 50 });
  const run = scenario.run({
    model,
    optimizer: new Adam({ clipGlobalNorm: 1 }),
    schedule: warmup(cosineDecay({ initial: rate, steps, final: rate / 20 }), 50),
    loss: crossEntropy,
    data,
    evaluate,
  });
  for await (const event of run) {
    if (event.type === "step") await emit(`step ${event.step}: ${event.loss.toFixed(3)} nats`);
    if (event.type === "evaluation") {
      await emit(`held out: ${event.metrics.nats?.toFixed(3)} nats per character`);
    }
  }
  await emit(await written(model, vocabulary, options.seed));
};

/** 300 characters, each drawn by the network from what it makes of those before. */
async function written(
  model: ReturnType<(typeof NETS)[string]>,
  { size, encode, decode }: CharacterVocabulary,
  seed: number,
): Promise<string> {
  const random = new HostRandom(seed);
  const next = compile((codes: Tensor) => softmax(model(codes).slice([0])));
  const codes = [...encode("\n")];
  while (codes.length < 300) {
    const window = codes.slice(-LENGTH);
    const at = window.length - 1;
    const padded = Int32Array.from({ length: LENGTH }, (_, i) => window[i] ?? 0);
    const chances = scope(() => next(tensor(padded, { shape: [1, LENGTH] })));
    const row = ((await chances.data()) as Float32Array).subarray(at * size);
    chances.dispose();
    let left = random.uniform();
    let code = 0;
    while (code < size - 1 && (left -= row[code] as number) > 0) code++;
    codes.push(code);
  }
  next.dispose();
  return decode(codes);
}
