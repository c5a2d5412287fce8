// Learns to learn sine waves from ten points in one step, beside a network that learns all of them at once.

import { type Tensor, compile, init, scope, setSeed } from "../../src/index.ts";
import { toTensors } from "../../src/data/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { Mean } from "../../src/metrics/index.ts";
import { MLP, adapt, build, withValues } from "../../src/nn/index.ts";
import { Adam, cosineDecay } from "../../src/optimizers/index.ts";
import { MAMLTrain, SupervisedTrain, type TrainEvent } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { joined, sineTasks } from "./dataset.ts";

const STEPS = 2500;
/** Of the optimizer at first, and of the step within a task. */
const [META_RATE, RATE] = [5e-3, 0.01];
const SHOTS = 10;
/** The network that learned all waves at once is given the rate that is best for it. */
const JOINT_RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1];

export const maml: Example = async (options, workspace, emit) => {
  await emit(`${(await init()).adapter}`);
  const steps = options.steps ?? STEPS;
  const batches = { tasks: 25, shots: SHOTS, queries: SHOTS, seed: options.seed };
  const watch = async (name: string, run: AsyncGenerator<TrainEvent>): Promise<void> => {
    for await (const event of run) {
      if (event.type !== "step") continue;
      await emit({ type: "curve", step: event.step, values: { [name]: event.loss } });
    }
  };
  const [meta, joint] = [netOf("meta", options.seed), netOf("joint", options.seed)];
  const settings = { steps, logEvery: 200 };
  const schedule = cosineDecay({ initial: META_RATE, steps, final: META_RATE / 20 });
  const common = () => ({ loss: meanSquaredError, schedule, optimizer: new Adam() });
  const train = new MAMLTrain({ ...settings, workspace, innerLearningRate: RATE });
  await watch("meta", train.run({ ...common(), model: meta, data: sineTasks(batches) }));
  const data = joined(sineTasks(batches));
  await watch("joint", new SupervisedTrain(settings).run({ ...common(), model: joint, data }));

  const [before, after] = [await errorAfter(meta, 0, RATE), await errorAfter(meta, 1, RATE)];
  await emit(`meta: error ${before.toFixed(3)} before a step, ${after.toFixed(3)} after it`);
  const errors: number[] = [];
  for (const rate of [0, ...JOINT_RATES]) {
    errors.push(await errorAfter(joint, rate === 0 ? 0 : 1, rate));
  }
  const [plain = NaN, ...others] = errors;
  const best = Math.min(...others);
  const rate = JOINT_RATES[others.indexOf(best)];
  await emit(`joint: ${plain.toFixed(3)} before, ${best.toFixed(3)} after one at rate ${rate}`);
  await emit({ type: "goal", name: "times less error after a step", value: best / after });
};

/** The same values at first, whatever the name. */
function netOf(name: string, seed: number): MLP {
  setSeed(seed);
  const net = new MLP([40, 40, 1], { name });
  build(net, [1, 1]);
  return net;
}

/** Mean squared error on 600 other waves after gradient steps on ten points of each. */
async function errorAfter(model: MLP, steps: number, learningRate: number): Promise<number> {
  const tasks = sineTasks({ tasks: 1, shots: SHOTS, queries: 100, seed: 0x7e57 });
  const mean = new Mean();
  const error = compile((x: Tensor, y: Tensor, queryX: Tensor, queryY: Tensor) => {
    const loss = (): Tensor => meanSquaredError(model(x), y);
    const values = adapt(model, loss, { learningRate, steps });
    return withValues(values, () => meanSquaredError(model(queryX), queryY));
  });
  for (let i = 0; i < 600; i++) {
    const batch = (await tasks.next()) ?? {};
    scope(() => {
      const fields = Object.values(toTensors(batch)).map((field) => field.slice([0]));
      mean.update(error(...(fields as [Tensor, Tensor, Tensor, Tensor])));
    });
  }
  error.dispose();
  return mean.result();
}
