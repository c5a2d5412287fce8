// A network learns to take noise away from points, and makes a spiral out of noise alone; or digits.

import { UsageError, init, setSeed } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import { build } from "../../src/nn/index.ts";
import { Adam, ParameterAverage, cosineDecay } from "../../src/optimizers/index.ts";
import {
  DiffusionSample,
  DiffusionTrain,
  type EvaluateResult,
  linearNoise,
} from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { discrepancy } from "./discrepancy.ts";
import { PROBLEMS } from "./problems.ts";

const RATE = 2e-3;

/** Steps of the noise, and those of the quick way back. */
const NOISE = { all: 100, few: 20 };

const USUAL = {
  ...{ batchSize: 256, count: 2000, steps: 8000, logEvery: 100, evaluateEvery: 1000 },
  decay: 0.999,
};
const QUICK = {
  ...{ batchSize: 64, count: 300, steps: 5000, logEvery: 10, evaluateEvery: 100 },
  decay: 0.98,
};

/** DDPM: `--net spiral` (default), points of the plane, or `digits`, images of 14 × 14 pixels. */
export const diffusion: Example = async (options, workspace, emit) => {
  const { net = "spiral", seed, resume = false, signal, quick = false } = options;
  const problemOf = PROBLEMS[net];
  if (problemOf === undefined) {
    const wanted = `--net must be ${Object.keys(PROBLEMS).join(" or ")}`;
    throw new UsageError("diffusion", wanted, { got: net });
  }
  const { batchSize, count, decay, ...usual } = quick ? QUICK : USUAL;
  const steps = options.steps ?? usual.steps;
  const problem = await problemOf(options, { batchSize, count });
  await emit((await init()).adapter);
  setSeed(seed);
  const noise = linearNoise({ steps: NOISE.all });
  const { data, shape, clip, widths } = problem;
  const model = problem.model(NOISE.all);
  build(model, [1, ...shape], { shape: [1], dtype: "i32" });
  const average = new ParameterAverage(model.trainableVariables, { decay });
  const [real, others] = problem.real;
  const apart = await discrepancy(real, others, widths);
  const farFromReal = async (made: HostArray): Promise<number> => {
    return (await discrepancy(real, made, widths)) / apart;
  };

  const made = (way: { readonly steps: number; readonly eta: number }): Promise<HostArray> =>
    average.during(async () => {
      const settings = { count, batchSize: count, seed: 1, ...way, ...(clip && { clip }) };
      return problem.finished(await new DiffusionSample(settings)({ model, noise, shape }));
    });
  const evaluate = async (): Promise<EvaluateResult> => {
    const quickly = await made({ steps: NOISE.few, eta: 0 });
    const slowly = quick ? quickly : await made({ steps: NOISE.all, eta: 1 });
    await workspace.write("samples.png", await problem.show(slowly, emit));
    return { discrepancy: await farFromReal(slowly), quickly: await farFromReal(quickly) };
  };

  const train = new DiffusionTrain({ ...usual, steps, workspace, resume });
  const optimizer = new Adam();
  const schedule = cosineDecay({ initial: RATE, steps });
  const parts = { model, noise, optimizer, schedule, data, average, evaluate };
  for await (const event of train.run(parts, { ...(signal && { signal }) })) {
    if (event.type === "step")
      await emit({ type: "curve", step: event.step, values: event.losses });
    if (event.type !== "evaluation") continue;
    const { discrepancy: value = NaN, quickly = NaN } = event.metrics;
    await emit({ type: "goal", name: "discrepancy", value });
    if (!quick) await emit(`in ${NOISE.few} steps: ${quickly.toFixed(2)}`);
  }
};
