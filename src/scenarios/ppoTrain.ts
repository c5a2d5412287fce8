// PPOTrain: a policy learns from what it just did, in small steps.

import type { VectorEnvironment } from "../environments/vectorEnvironment.ts";
import { UsageError } from "../errors.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { mean } from "../ops/sum.ts";
import { square } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Actor } from "./acting.ts";
import { categorical } from "./categorical.ts";
import { clippedObjective } from "./clippedObjective.ts";
import { type AgentEvent, Episodes, withEpisodes } from "./episodes.ts";
import { type Fields, requireFields } from "./fields.ts";
import { RolloutFeed } from "./rolloutFeed.ts";
import { RolloutJudge } from "./rolloutJudge.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { requireCounts, requireFractions } from "./settingChecks.ts";
import type { TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, TrainableModel } from "./update.ts";

/** Settings of `PPOTrain`. A step is a rollout and `epochs · minibatches` updates on it. */
export interface PPOTrainSettings extends TrainSettings {
  /** T: actions in each environment before the updates of a step. Default 128. */
  readonly rolloutSteps?: number;
  /** How often each row is learned from. Default 4. */
  readonly epochs?: number;
  /** Parts of the T · N rows, each for an update. Default 4. */
  readonly minibatches?: number;
  /** γ. Default 0.99. */
  readonly discount?: number;
  /** λ of the advantages. Default 0.95. */
  readonly lambda?: number;
  /** ε: how far from 1 a ratio of probabilities still counts. Default 0.2. */
  readonly clipRange?: number;
  /** Weight of the value's loss. Default 0.5. */
  readonly valueWeight?: number;
  /** Weight of the entropy bonus. Default 0. */
  readonly entropyWeight?: number;
  /** Advantages of a minibatch have mean 0 and deviation 1. Default true. */
  readonly normalizeAdvantages?: boolean;
  /** Of the environments, of actions and of the order of rows. Default 0. */
  readonly seed?: number;
}

/** Parts of `PPOTrain`. */
export interface PPOTrainParts extends Omit<TrainParts, "generator"> {
  /** From observations `[N, …]` to logits of actions `[N, actions]`. */
  readonly policy: TrainableModel;
  /** From observations to what they are worth, `[N, 1]`. It may share modules with the policy. */
  readonly value: TrainableModel;
  readonly environments: VectorEnvironment;
}

/**
 * Proximal policy optimization with the clipped objective:
 *
 *   ρ = π(a | s)/π_old(a | s)          policy loss  −mean(min(ρ A, clip(ρ, 1 − ε, 1 + ε) A))
 *   loss = policy loss + valueWeight · mean((V(s) − R)²) − entropyWeight · mean H(π(· | s))
 *
 * with A and R of `generalizedAdvantages`. Losses are named loss, policy, value and entropy.
 *
 * @see Schulman et al. 2017, Proximal Policy Optimization Algorithms, equations 7 and 9.
 */
export class PPOTrain extends Scenario<PPOTrainParts, TrainResult> {
  readonly settings: PPOTrainSettings;

  constructor(settings: PPOTrainSettings) {
    super();
    requireTrainSettings("PPOTrain", settings);
    const { rolloutSteps = 128, epochs = 4, minibatches = 4, clipRange = 0.2 } = settings;
    requireCounts("PPOTrain", { rolloutSteps, epochs, minibatches });
    const { discount = 0.99, lambda = 0.95 } = settings;
    requireFractions("PPOTrain", { discount, lambda });
    if (!(clipRange > 0)) {
      throw new UsageError("PPOTrain", "clipRange must be positive", { got: `${clipRange}` });
    }
    this.settings = settings;
  }

  async *run(
    parts: PPOTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<AgentEvent, TrainResult> {
    const { policy, value, optimizer, environments, schedule, evaluate } = parts;
    const { rolloutSteps = 128, epochs = 4, minibatches = 4, seed = 0 } = this.settings;
    const { compiled: isCompiled = true, normalizeAdvantages = true } = this.settings;
    const { discount = 0.99, lambda = 0.95 } = this.settings;
    requireWhole(rolloutSteps * environments.count, minibatches);
    const episodes = new Episodes();
    const actor = new Actor(policy, isCompiled);
    const judge = new RolloutJudge({ policy, value, discount, lambda, isCompiled });
    const acting = { actor, judge, environments, episodes, normalizeAdvantages, seed };
    const feed = new RolloutFeed({ ...acting, steps: rolloutSteps, epochs, minibatches });
    const update = {
      model: [policy, value],
      optimizer,
      schedule,
      loss: (fields: Fields) => lossesOf(this.settings, parts, fields),
    };
    const loop = trainingLoop(
      this.settings,
      {
        name: "PPOTrain",
        modules: { policy, value },
        data: { step: feed },
        updates: { step: update },
        repeats: { step: epochs * minibatches },
        evaluate,
      },
      options,
    );
    try {
      return yield* withEpisodes(this.settings, loop, episodes);
    } finally {
      judge.close();
      actor.close();
    }
  }
}

function lossesOf(settings: PPOTrainSettings, parts: PPOTrainParts, fields: Fields): Losses {
  const { clipRange = 0.2, valueWeight = 0.5, entropyWeight = 0 } = settings;
  const names = ["observations", "actions", "logProbabilities", "advantages", "returns"] as const;
  const [observations, actions, before, advantages, returns] = requireFields(
    "PPOTrain",
    fields,
    ...names,
  ) as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const { logProbabilities, entropy } = categorical(parts.policy(observations), actions);
  const policy = mul(clippedObjective(logProbabilities, before, advantages, clipRange), -1);
  const value = mean(square(sub(reshape(parts.value(observations), [-1]), returns)));
  const open = mean(entropy);
  const loss = sub(add(policy, mul(value, valueWeight)), mul(open, entropyWeight));
  return { loss, policy, value, entropy: open };
}

function requireWhole(rows: number, minibatches: number): void {
  if (rows % minibatches === 0) return;
  throw new UsageError("PPOTrain", "minibatches must divide the rows of a rollout", {
    got: `${minibatches} for ${rows} rows`,
    remedy: "The rows are rolloutSteps times the number of environments.",
  });
}
