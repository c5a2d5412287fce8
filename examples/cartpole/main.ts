// Learns to balance a pole on a cart, until a hundred episodes show that it can.

import { UsageError, init, setSeed } from "../../src/index.ts";
import { type EpisodeEvent, EvaluateAgent } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { RECIPES, poles } from "./agents.ts";

/** Mean return of an evaluation at which learning ends; 500 is the most there is. */
const ENOUGH = 485;

/** Seeds of the evaluations while it learns, and of the last one. */
const [TRIAL, EXAM] = [1000, 2000];

export const cartpole: Example = async (options, workspace, emit) => {
  const { net = "dqn", seed, resume = false, signal } = options;
  const recipe = RECIPES[net];
  if (recipe === undefined) {
    const wanted = `--net must be ${Object.keys(RECIPES).join(", ")}`;
    throw new UsageError("cartpole", wanted, { got: net });
  }
  await emit(`${(await init()).adapter}; ${net}`);
  setSeed(seed);
  const evaluationPoles = poles(100);
  const returnsOf = (seed: number) =>
    new EvaluateAgent({ seed })({ network: agent.network, environments: evaluationPoles });
  const { make, ...usual } = recipe;
  const steps = options.steps ?? usual.steps;
  const agent = make({
    settings: { ...usual, steps, seed, resume, workspace },
    evaluate: () => returnsOf(TRIAL),
  });

  const enough = new AbortController();
  const either = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal]);
  let ended: EpisodeEvent[] = [];
  for await (const event of agent.run({ signal: either })) {
    if (event.type === "episode") ended.push(event);
    if (event.type === "step") {
      const { step, loss } = event;
      const mean = ended.reduce((sum, one) => sum + one.return, 0) / ended.length;
      const values = { loss, ...(ended.length > 0 && { return: mean }) };
      await emit({ type: "curve", step, values });
      const frame = agent.environments.environments[0]?.render();
      if (frame !== undefined)
        await emit({ type: "image", name: "pole", ...frame, pixels: frame.data });
      ended = [];
    }
    if (event.type === "evaluation") {
      const { return: mean = NaN } = event.metrics;
      await emit({ type: "curve", step: event.step, values: { evaluation: mean } });
      if (mean >= ENOUGH) enough.abort();
    }
  }
  const { return: mean = NaN, lowestReturn = NaN } = await returnsOf(EXAM);
  await emit(`100 other episodes: the shortest ${lowestReturn} steps`);
  await emit({ type: "goal", name: "mean return", value: mean });
};
