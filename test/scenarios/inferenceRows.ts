// A small use of every scenario that trains nothing.

import { type Tensor, setSeed, zeros } from "../../src/index.ts";
import { DataLoader, dataset, noiseFeed } from "../../src/data/index.ts";
import { Accuracy, LogLoss } from "../../src/metrics/index.ts";
import { Embed, Flatten, Linear, MLP, Sequential } from "../../src/nn/index.ts";
import {
  type Calibration,
  DiffusionSample,
  Evaluate,
  EvaluateAgent,
  EvaluateCalibration,
  EvaluateCorruption,
  GenerateText,
  Predict,
  Sample,
  cosineNoise,
} from "../../src/scenarios/index.ts";
import { worlds } from "./agentRows.ts";
import { type InferenceRow, codes, floats } from "./rows.ts";

const labelled = dataset({ inputs: floats([20, 4], 2), labels: codes([20], 3) });
const images = dataset({ inputs: floats([20, 4, 4, 1], 2), labels: codes([20], 3) });

/** The same classifier each time. */
function classifier(): MLP {
  setSeed(11);
  return new MLP([8, 3]);
}

const first = (data: ArrayLike<number> | undefined, count = 6): number[] =>
  Array.from(data ?? []).slice(0, count);

const each = (numbers: Readonly<Record<string, number>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, [value]]));

export const INFERENCES: Readonly<Record<string, InferenceRow>> = {
  async Predict(settings) {
    const predict = new Predict({ ...settings, batchSize: 8 });
    const { outputs } = await predict({ model: classifier(), data: labelled });
    return { outputs: first(outputs?.data) };
  },
  async GenerateText(settings) {
    setSeed(3);
    const model = new Sequential([new Embed({ vocabSize: 11, embedDim: 8 }), new Linear(11)]);
    const generate = new GenerateText({ ...settings, tokens: 12, window: 4, topK: 8, seed: 1 });
    return { codes: (await generate({ model, prompt: [3, 1, 4] })).codes };
  },
  async Sample() {
    setSeed(2);
    const generator = new MLP([8, 2]);
    const data = noiseFeed({ size: 3, batchSize: 4, seed: 1 });
    return { examples: first((await new Sample({ count: 6 })({ generator, data })).data) };
  },
  async DiffusionSample() {
    setSeed(5);
    const net = new Linear(2);
    const model = (x: Tensor): Tensor => net(x);
    const sample = new DiffusionSample({ count: 4, steps: 5, eta: 0.5, seed: 1, clip: [-3, 3] });
    const { data } = await sample({ model, noise: cosineNoise({ steps: 20 }), shape: [2] });
    return { examples: first(data, 8) };
  },
  async Evaluate() {
    const metrics = [new Accuracy(), new LogLoss()];
    const data = new DataLoader(labelled, { batchSize: 8 });
    return each(await new Evaluate()({ model: classifier(), data, metrics }));
  },
  async EvaluateAgent(settings) {
    setSeed(4);
    const network = new Linear(4);
    const evaluate = new EvaluateAgent({ ...settings, episodes: 2, seed: 3, isGreedy: false });
    return each(await evaluate({ network, environments: worlds() }));
  },
  async EvaluateCorruption(settings) {
    setSeed(1);
    const model = new Sequential([new Flatten(), new Linear(3)]);
    model(zeros([1, 4, 4, 1]));
    const evaluate = new EvaluateCorruption({ ...settings, severities: [2, 4], batchSize: 10 });
    const error = ({ logLoss = NaN }: Readonly<Record<string, number>>): number => logLoss;
    const result = await evaluate({ model, data: images, metrics: [new LogLoss()], error });
    return { ...each(result.errors), relative: [result.relativeError] };
  },
  async EvaluateCalibration(settings) {
    const evaluate = new EvaluateCalibration({ ...settings, bins: 5, batchSize: 10 });
    const told = ({ logLoss, expectedCalibrationError }: Calibration): number[] => {
      return [logLoss, expectedCalibrationError];
    };
    const parts = { model: classifier(), data: labelled, heldOut: labelled };
    const { temperature = NaN, scaled, ...plain } = await evaluate(parts);
    return { temperature: [temperature], plain: told(plain), scaled: told(scaled as Calibration) };
  },
};
