// ReinforceTrain: a policy learns from whole episodes.

import type { VectorEnvironment } from "../environments/vectorEnvironment.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { sum } from "../ops/sum.ts";
import { sqrt, square } from "../ops/unary.ts";
import { reshape, stopGradient } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Actor } from "./acting.ts";
import { categorical } from "./categorical.ts";
import { EpisodeFeed } from "./episodeFeed.ts";
import { type AgentEvent, Episodes, withEpisodes } from "./episodes.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { requireCounts, requireFractions } from "./settingChecks.ts";
import type { TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, TrainableModel } from "./update.ts";

/** Settings of `ReinforceTrain`. A step is an episode of each environment, then an update. */
export interface ReinforceTrainSettings extends TrainSettings {
  /** γ. Default 0.99. */
  readonly discount?: number;
  /** Weight of the baseline's loss. Default 0.5. */
  readonly valueWeight?: number;
  /** Weight of the entropy bonus. Default 0. */
  readonly entropyWeight?: number;
  /** Advantages of a step have mean 0 and deviation 1. Default true. */
  readonly normalizeAdvantages?: boolean;
  /** Steps after which an episode is said to have no end. Default 10 000. */
  readonly maxSteps?: number;
  /** Of the environments and of actions. Default 0. */
  readonly seed?: number;
}

/** Parts of `ReinforceTrain`. */
export interface ReinforceTrainParts extends Omit<TrainParts, "generator"> {
  /** From observations `[N, …]` to logits of actions `[N, actions]`. */
  readonly policy: TrainableModel;
  /** b: from observations to the return that is to be expected, `[N, 1]`. Default: 0. */
  readonly baseline?: TrainableModel;
  readonly environments: VectorEnvironment;
}

/**
 * REINFORCE with a baseline: actions that brought more than expected become likelier.
 *
 *   Gₜ = rₜ + γ Gₜ₊₁          A = G − b(s)          policy loss  −mean(A log π(a | s))
 *   loss = policy loss + valueWeight · mean((G − b(s))²) − entropyWeight · mean H(π(· | s))
 *
 * Losses are named loss, policy, entropy and, with a baseline, value.
 *
 * @see Williams 1992, Simple statistical gradient-following algorithms for connectionist reinforcement
 * learning; Sutton & Barto 2018, Reinforcement Learning, §13.4.
 */
export class ReinforceTrain extends Scenario<ReinforceTrainParts, TrainResult> {
  readonly settings: ReinforceTrainSettings;

  constructor(settings: ReinforceTrainSettings) {
    super();
    requireTrainSettings("ReinforceTrain", settings);
    const { maxSteps = 1, discount = 0.99 } = settings;
    requireCounts("ReinforceTrain", { maxSteps });
    requireFractions("ReinforceTrain", { discount });
    this.settings = settings;
  }

  async *run(
    parts: ReinforceTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<AgentEvent, TrainResult> {
    const { policy, baseline, optimizer, environments, schedule, evaluate } = parts;
    const { discount = 0.99, maxSteps = 10_000, seed = 0, compiled = true } = this.settings;
    const episodes = new Episodes();
    const actor = new Actor(policy, compiled);
    const feed = new EpisodeFeed({ actor, environments, episodes, discount, maxSteps, seed });
    const update = {
      model: baseline === undefined ? policy : [policy, baseline],
      optimizer,
      schedule,
      loss: (fields: Fields) => lossesOf(this.settings, parts, fields),
    };
    const loop = trainingLoop(
      this.settings,
      {
        name: "ReinforceTrain",
        modules: { policy, ...(baseline && { baseline }) },
        data: { step: feed },
        updates: { step: update },
        evaluate,
      },
      options,
    );
    try {
      return yield* withEpisodes(this.settings, loop, episodes);
    } finally {
      actor.close();
    }
  }
}

function lossesOf(
  settings: ReinforceTrainSettings,
  parts: ReinforceTrainParts,
  fields: Fields,
): Losses {
  const { valueWeight = 0.5, entropyWeight = 0, normalizeAdvantages = true } = settings;
  const names = ["observations", "actions", "returns", "weights"] as const;
  const [observations, actions, returns, weights] = requireFields(
    "ReinforceTrain",
    fields,
    ...names,
  ) as [Tensor, Tensor, Tensor, Tensor];
  const count = sum(weights);
  /** Over the rows that have a step. */
  const meanOf = (x: Tensor): Tensor => div(sum(mul(x, weights)), count);
  const expected = parts.baseline && reshape(parts.baseline(observations), [-1]);
  const error = expected === undefined ? returns : sub(returns, expected);
  let advantages = stopGradient(error);
  if (normalizeAdvantages) {
    advantages = sub(advantages, meanOf(advantages));
    advantages = div(advantages, sqrt(add(meanOf(square(advantages)), 1e-8)));
  }
  const { logProbabilities, entropy: open } = categorical(parts.policy(observations), actions);
  const policy = mul(meanOf(mul(advantages, logProbabilities)), -1);
  const entropy = meanOf(open);
  const loss = sub(policy, mul(entropy, entropyWeight));
  if (expected === undefined) return { loss, policy, entropy };
  const value = meanOf(square(error));
  return { loss: add(loss, mul(value, valueWeight)), policy, entropy, value };
}
