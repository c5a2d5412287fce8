// A network learns to take noise away from points, and makes a spiral out of noise alone.

import { init, setSeed } from "../../src/index.ts";
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
import { encodePng } from "../png.ts";
import { scatter } from "../scatter.ts";
import { batches, points, unscaled } from "./dataset.ts";
import { discrepancy } from "./discrepancy.ts";
import { PointDenoiser } from "./net.ts";

const BATCH_SIZE = 256;
const STEPS = 8000;
const RATE = 2e-3;

/** Steps of the noise, and those of the quick way back. */
const NOISE = { all: 100, few: 20 };

/** Points that are made at a look. */
const COUNT = 2000;

/** DDPM on a spiral in the plane. */
export const diffusion: Example = async (options, workspace, emit) => {
  const { seed, resume = false, signal, steps = STEPS } = options;
  await emit((await init()).adapter);
  setSeed(seed);
  const noise = linearNoise({ steps: NOISE.all });
  const model = new PointDenoiser(NOISE.all);
  build(model, [1, 2], { shape: [1], dtype: "i32" });
  const average = new ParameterAverage(model.trainableVariables, { decay: 0.999 });
  const real = points(COUNT, 2);
  const apart = await discrepancy(real, points(COUNT, 3));

  const made = (way: { readonly steps: number; readonly eta: number }): Promise<HostArray> =>
    average.during(async () => {
      const sample = new DiffusionSample({ count: COUNT, batchSize: COUNT, seed: 1, ...way });
      return unscaled(await sample({ model, noise, shape: [2] }));
    });
  const evaluate = async (): Promise<EvaluateResult> => {
    const slow = await made({ steps: NOISE.all, eta: 1 });
    const quick = await made({ steps: NOISE.few, eta: 0 });
    const clouds = { real: Float32Array.from(real.data), made: Float32Array.from(slow.data) };
    await emit({ type: "points", name: "made", ...clouds });
    await workspace.write("samples.png", await encodePng(scatter(clouds.real, clouds.made)));
    return {
      discrepancy: (await discrepancy(real, slow)) / apart,
      quickly: (await discrepancy(real, quick)) / apart,
    };
  };

  const train = new DiffusionTrain({
    ...{ steps, workspace, resume, logEvery: 100, evaluateEvery: 1000 },
  });
  const optimizer = new Adam();
  const schedule = cosineDecay({ initial: RATE, steps });
  const data = batches(BATCH_SIZE, seed);
  const run = train.run(
    { model, noise, optimizer, schedule, data, average, evaluate },
    { ...(signal && { signal }) },
  );
  for await (const event of run) {
    if (event.type === "step")
      await emit({ type: "curve", step: event.step, values: event.losses });
    if (event.type !== "evaluation") continue;
    const { discrepancy: value = NaN, quickly = NaN } = event.metrics;
    await emit({ type: "goal", name: "discrepancy", value });
    await emit(`in ${NOISE.few} steps: ${quickly.toFixed(2)}`);
  }
};
