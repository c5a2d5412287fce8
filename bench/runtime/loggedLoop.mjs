// Steps per second of SupervisedTrain on the tiny MLP, its loss logged at different intervals. Runs
// inside a host, driven as libraries are.

import { init, setSeed } from "../../dist/index.js";
import { DataLoader, dataset } from "../../dist/data/index.js";
import { crossEntropy } from "../../dist/losses/index.js";
import { MLP } from "../../dist/nn/index.js";
import { Adam } from "../../dist/optimizers/index.js";
import { SupervisedTrain } from "../../dist/scenarios/index.js";
import { uniform } from "../models.mjs";

const [BATCH, WIDTH, EXAMPLES] = [16, 64, 4096];
const WARM_UP = 50;

function parts() {
  setSeed(0);
  const labels = Int32Array.from({ length: EXAMPLES }, (_, i) => (i * 7) % 10);
  const set = dataset({
    inputs: { dtype: "f32", shape: [EXAMPLES, WIDTH], data: uniform(1, EXAMPLES * WIDTH) },
    labels: { dtype: "i32", shape: [EXAMPLES], data: labels },
  });
  const data = new DataLoader(set, { batchSize: BATCH, shuffle: true });
  return { model: new MLP([64, 64, 10]), optimizer: new Adam(), loss: crossEntropy, data };
}

const METHODS = {
  async init() {
    const { adapter, adapterClass } = await init();
    return { adapter, adapterClass, ops: [], variants: {} };
  },

  /** Steps per second in every round, by interval; an interval of all steps is never logging. */
  async rates({ steps, rounds, intervals }) {
    const given = parts();
    const train = (count, logEvery) => new SupervisedTrain({ steps: count, logEvery })(given);
    const rates = Object.fromEntries(intervals.map((interval) => [interval, []]));
    await train(WARM_UP, WARM_UP);
    for (let round = 0; round < rounds; round++) {
      for (const interval of intervals) {
        const started = performance.now();
        await train(steps, interval);
        rates[interval].push((1000 * steps) / (performance.now() - started));
      }
    }
    return rates;
  },
};

globalThis.bench = (method, argument) => METHODS[method](argument);
