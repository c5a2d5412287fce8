// A generator learns to make points, or images, that a discriminator cannot tell from the data.

import { UsageError, init, setSeed } from "../../src/index.ts";
import {
  type Dataset,
  type GaussianMixture,
  type HostArray,
  imageGrid,
  noiseFeed,
} from "../../src/data/index.ts";
import type { AdversarialLosses, Penalty } from "../../src/losses/index.ts";
import { build } from "../../src/nn/index.ts";
import { Adam, ParameterAverage, type Schedule, cosineDecay } from "../../src/optimizers/index.ts";
import { type EvaluateResult, GANTrain, Sample } from "../../src/scenarios/index.ts";
import type { Emit, Example, ExampleOptions } from "../example.ts";
import { encodePng } from "../png.ts";
import { scatter } from "../scatter.ts";
import { SMALL_SIDE, batches, digits, ring, wideRing } from "./dataset.ts";
import { type Judge, coarseJudge, judgeOf } from "./judge.ts";
import { imageLosses, pointLosses } from "./loss.ts";
import { type Pair, imageNets, pointNets, smallImageNets } from "./net.ts";

/** One of the problems. */
interface Problem {
  readonly data: (options: ExampleOptions) => Promise<Dataset>;
  readonly nets: () => Pair;
  readonly losses: AdversarialLosses & { readonly penalty?: Penalty };
  readonly noise: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly rate: number;
  readonly logEvery: number;
  /** Examples to look at, and steps between two looks. */
  readonly looks: { readonly count: number; readonly every: number };
  /** How examples are looked at, from the data. */
  readonly looker: (data: Dataset, looks: { readonly count: number }) => Promise<Look>;
}

/** A picture of examples, and what can be said of them in numbers. */
type Look = (made: HostArray, emit: Emit) => Promise<[Uint8Array, EvaluateResult]>;

/** Each with what is otherwise when it is to be quick. */
const PROBLEMS: Readonly<Record<string, Problem & { readonly quick: Partial<Problem> }>> = {
  ring: {
    data: async () => ring.sample(20_000, 1),
    nets: pointNets,
    losses: pointLosses,
    ...{ noise: 2, batchSize: 128, steps: 6000, rate: 3e-3, logEvery: 100 },
    looks: { count: 2000, every: 500 },
    looker: async () => pointLook(ring),
    quick: {
      data: async () => wideRing.sample(20_000, 1),
      ...{ batchSize: 64, steps: 3000, logEvery: 10 },
      looks: { count: 1000, every: 50 },
      looker: async () => pointLook(wideRing),
    },
  },
  mnist: {
    data: ({ files, quick = false }) => digits(quick ? undefined : files),
    nets: imageNets,
    losses: imageLosses,
    ...{ noise: 64, batchSize: 64, steps: 1200, rate: 4e-4, logEvery: 100 },
    looks: { count: 2000, every: 200 },
    looker: async (data, { count }) => imageLook(await judgeOf(data, count, 0)),
    quick: {
      nets: () => smallImageNets(SMALL_SIDE),
      ...{ noise: 16, batchSize: 32, steps: 5000, rate: 1e-3, logEvery: 20 },
      looks: { count: 200, every: 100 },
      looker: async (data, { count }) => imageLook(await coarseJudge(data, count)),
    },
  },
};

/** `--net ring` (default), points around eight places, or `mnist`, images of digits. */
export const gan: Example = async (options, workspace, emit) => {
  const name = options.net ?? "ring";
  const usual = PROBLEMS[name];
  if (usual === undefined) {
    const wanted = `--net must be ${Object.keys(PROBLEMS).join(" or ")}`;
    throw new UsageError("gan", wanted, { got: name });
  }
  const { seed, resume = false, signal, quick = false } = options;
  const problem: Problem = { ...usual, ...(quick && usual.quick) };
  const { noise, batchSize, rate, looks, logEvery } = problem;
  const steps = options.steps ?? problem.steps;
  const examples = await problem.data(options);
  const data = batches(examples, { noise, batchSize, seed });
  await emit((await init()).adapter);
  setSeed(0);
  const look = await problem.looker(examples, looks);
  setSeed(seed);
  const { generator, discriminator } = problem.nets();
  build(generator, [1, noise]);
  const averages = new ParameterAverage(generator.trainableVariables, { decay: 0.99 });
  const adam = (): Adam => new Adam({ beta1: 0.5, beta2: 0.9 });
  // The discriminator must be able to follow to the end.
  const [generatorSchedule, discriminatorSchedule] = [0.02, 0.2].map((share) => {
    return cosineDecay({ initial: rate, steps, final: share * rate });
  }) as [Schedule, Schedule];
  const fixed = noiseFeed({ size: noise, batchSize: looks.count, seed: seed + 3 });
  const evaluate = async (): Promise<EvaluateResult> => {
    const sample = new Sample({ count: looks.count });
    const made = await averages.during(() => sample({ generator, data: fixed }));
    const [picture, numbers] = await look(made, emit);
    await workspace.write("samples.png", picture);
    return numbers;
  };
  const train = new GANTrain({
    ...{ steps, workspace, resume, logEvery, evaluateEvery: looks.every },
  });
  const run = train.run(
    {
      ...{ generator, discriminator, data, evaluate, ...problem.losses },
      ...{ averages, after: () => averages.update() },
      ...{ generatorOptimizer: adam(), discriminatorOptimizer: adam() },
      ...{ generatorSchedule, discriminatorSchedule },
    },
    { ...(signal && { signal }) },
  );
  let first: number | undefined;
  for await (const event of run) {
    if (event.type === "step")
      await emit({ type: "curve", step: event.step, values: event.losses });
    if (event.type !== "evaluation") continue;
    for (const [goal, value] of Object.entries(event.metrics)) {
      await emit({ type: "goal", name: goal, value });
    }
    const distance = event.metrics.frechetDistance ?? NaN;
    if (event.step === looks.every && !Number.isNaN(distance)) first = distance;
    else if (first !== undefined) {
      const name = `of the distance at step ${looks.every}`;
      await emit({ type: "goal", name, value: distance / first });
    }
  }
};

/** How many of the places have points, and what share of all points is near one. */
function pointLook(mixture: GaussianMixture): Look {
  return async (made, emit) => {
    const real = mixture.sample(1000).fields.inputs?.data ?? [];
    const points = { real: Float32Array.from(real), made: Float32Array.from(made.data) };
    await emit({ type: "points", name: "made", ...points });
    const { covered, share } = mixture.coverage(made.data, made.data.length / 200);
    return [await encodePng(scatter(points.real, points.made)), { modes: covered, share }];
  };
}

/** A hundred images, and how far all of them are from real ones. */
function imageLook(judge: Judge): Look {
  return async (made, emit) => {
    const [, height = 0, width = 0] = made.shape;
    const data = made.data.subarray(0, 100 * height * width);
    const few = { ...made, shape: [100, height, width, 1], data };
    const { data: pixels, ...size } = imageGrid(few, 10, { range: [-1, 1] });
    const picture = { width: size.width, height: size.height, pixels };
    await emit({ type: "image", name: "made", ...picture });
    const frechetDistance = await judge(made);
    return [await encodePng(picture), { frechetDistance }];
  };
}
