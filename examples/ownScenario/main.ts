// Two networks that see different halves of two moons, and teach each other.

import { setSeed } from "../../src/index.ts";
import { DataLoader, sliceExamples, twoMoons } from "../../src/data/index.ts";
import { Accuracy } from "../../src/metrics/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { Evaluate, type EvaluateResult } from "../../src/scenarios/index.ts";
import { MutualTrain, type MutualTrainSettings } from "./mutualTrain.ts";

const moons = twoMoons({ noise: 0.1 }).sample(512);

export async function mutual(
  settings: MutualTrainSettings,
  show: (line: string) => void,
): Promise<EvaluateResult> {
  setSeed(1);
  const student = () => ({ model: new MLP([16, 2]), optimizer: new Adam({ learningRate: 0.05 }) });
  const [first, second] = [student(), student()];
  const loader = (start: number) =>
    new DataLoader(sliceExamples(moons, start, start + 128), { batchSize: 32, shuffle: true });
  const data = { first: loader(0), second: loader(128) };
  for await (const event of new MutualTrain(settings).run({ first, second, data })) {
    if (event.type === "step") show(`${event.step}: ${JSON.stringify(event.losses)}`);
  }
  const test = new DataLoader(sliceExamples(moons, 256), { batchSize: 256 });
  return new Evaluate()({ model: first.model, data: test, metrics: [new Accuracy()] });
}
