// Learns to balance a pole on a cart, until a hundred episodes show that it can.

import { UsageError, init, scope, setSeed, tensor } from "../../src/index.ts";
import { type EpisodeEvent, EvaluateAgent } from "../../src/scenarios/index.ts";
import type { Example } from "../example.ts";
import { RECIPES, poles } from "./agents.ts";

/** Mean return of an evaluation at which learning ends; 500 is the most there is. */
const ENOUGH = 485;

/** Looks are more frequent when it is to be quick. */
const QUICK = { logEvery: 10, evaluateEvery: 50 };

/** Seeds of the evaluations while it learns, and of the last one. */
const [TRIAL, EXAM] = [1000, 2000];

/** It answers "act": what one sees, to the values of the actions. */
export const cartpole: Example = async (options, workspace, emit) => {
  const { net = "dqn", seed, resume = false, signal, quick = false, offer } = options;
  const recipe = RECIPES[net];
  if (recipe === undefined) {
    const wanted = `--net must be ${Object.keys(RECIPES).join(", ")}`;
    throw new UsageError("cartpole", wanted, { got: net });
  }
  await emit(`${(await init()).adapter}; ${net}`);
  setSeed(seed);
  const evaluationPoles = poles(quick ? 20 : 100);
  const returnsOf = (seed: number) =>
    new EvaluateAgent({ seed })({ network: agent.network, environments: evaluationPoles });
  const { make, ...usual } = recipe;
  const steps = options.steps ?? usual.steps;
  const agent = make({
    settings: { ...usual, ...(quick && QUICK), steps, seed, resume, workspace },
    evaluate: () => returnsOf(TRIAL),
  });
  offer?.("act", async (observation) => {
    const values = scope(() => agent.network(tensor(observation, { shape: [1, 4] })));
    const answer = (await values.data()) as Float32Array;
    values.dispose();
    return answer;
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
      ended = [];
    }
    if (event.type === "evaluation") {
      const { return: mean = NaN } = event.metrics;
      await emit({ type: "curve", step: event.step, values: { evaluation: mean } });
      await emit({ type: "goal", name: "mean return", value: mean });
      if (mean >= ENOUGH) enough.abort();
    }
  }
  if (signal?.aborted) return;
  const { return: mean = NaN, lowestReturn = NaN } = await returnsOf(EXAM);
  await emit(`100 other episodes: the shortest ${lowestReturn} steps`);
  await emit({ type: "goal", name: "mean return", value: mean });
};
