// DQNTrain: a network learns what actions are worth, from what it did lately.

import type { ReplayBuffer } from "../environments/replayBuffer.ts";
import type { VectorEnvironment } from "../environments/vectorEnvironment.ts";
import { UsageError, shapeText } from "../errors.ts";
import { huberLoss } from "../losses/huberLoss.ts";
import { assign } from "../ops/assign.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { mean } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import type { Schedule } from "../optimizers/schedules.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { Actor } from "./acting.ts";
import { type AgentEvent, Episodes, withEpisodes } from "./episodes.ts";
import { type Fields, requireFields } from "./fields.ts";
import { qTargets, valueOf } from "./qTargets.ts";
import { ReplayFeed } from "./replayFeed.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { requireCounts, requireFractions } from "./settingChecks.ts";
import type { TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, TrainableModel } from "./update.ts";

/** Settings of `DQNTrain`. A step is some actions, then some updates. */
export interface DQNTrainSettings extends TrainSettings {
  /** Actions in each environment before the updates of a step. Default 1. */
  readonly actions?: number;
  /** Updates of the network in a step. Default 1. */
  readonly updates?: number;
  /** Rows of an update. Default 64. */
  readonly batchSize?: number;
  /** Rows in the replay buffer, all of random actions, before the first update. Default 1000. */
  readonly warmUp?: number;
  /** γ. Default 0.99. */
  readonly discount?: number;
  /** The network chooses the next action, the target network values it. Default true. */
  readonly isDouble?: boolean;
  /** Steps between copies of the network to the target. Default 100. */
  readonly targetEvery?: number;
  /** τ: the target instead follows at every update, θ̄ ← θ̄ + τ (θ − θ̄). */
  readonly targetRate?: number;
  /** Of the environments and of exploring. Default 0. */
  readonly seed?: number;
}

/** Parts of `DQNTrain`. */
export interface DQNTrainParts extends Omit<TrainParts, "generator"> {
  /** From observations `[N, …]` to values of actions `[N, actions]`. */
  readonly network: TrainableModel;
  /** Another of the same make. */
  readonly target: TrainableModel;
  readonly environments: VectorEnvironment;
  readonly replay: ReplayBuffer;
  /** The probability of an action at random, at each step. Default 0.05 always. */
  readonly exploration?: Schedule;
  /** Of values and what they should be, `[batch]` both. Default: `huberLoss`. */
  readonly loss?: (values: Tensor, targets: Tensor) => Tensor;
}

/**
 * Deep Q-learning: the network's value of each action taken moves towards
 *
 *   r + γ Q̄(s′, a*)    a* = argmaxₐ Q(s′, a) (double), or argmaxₐ Q̄(s′, a);    r alone at an end
 *
 * with Q̄ the target network. Losses are named loss and value, the mean of Q(s, a).
 *
 * @see Mnih et al. 2015, Human-level control through deep reinforcement learning; van Hasselt, Guez &
 * Silver 2016, Deep Reinforcement Learning with Double Q-learning.
 */
export class DQNTrain extends Scenario<DQNTrainParts, TrainResult> {
  readonly settings: DQNTrainSettings;

  constructor(settings: DQNTrainSettings) {
    super();
    requireTrainSettings("DQNTrain", settings);
    requireSettings(settings);
    this.settings = settings;
  }

  async *run(
    parts: DQNTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<AgentEvent, TrainResult> {
    const { network, target, optimizer, environments, replay, schedule, evaluate } = parts;
    const { actions = 1, updates = 1, batchSize = 64, warmUp = 1000, seed = 0 } = this.settings;
    const { compiled = true, targetEvery = 100, targetRate } = this.settings;
    const { exploration = () => 0.05 } = parts;
    const episodes = new Episodes();
    const actor = new Actor(network, compiled);
    const acting = { actor, environments, replay, episodes, actions, batches: updates, warmUp };
    const feed = new ReplayFeed({ ...acting, batchSize, seed });
    const follow = (rate: number): void => moveTowards(target, network, rate);
    const update = {
      model: network,
      optimizer,
      schedule,
      loss: (fields: Fields) => lossesOf(this.settings, parts, fields),
      ...(targetRate !== undefined && { after: () => follow(targetRate) }),
    };
    const loop = trainingLoop(
      this.settings,
      {
        name: "DQNTrain",
        modules: { network, target },
        data: { step: feed },
        updates: { step: update },
        repeats: { step: updates },
        evaluate,
        before: (step) => {
          feed.exploration = exploration(step);
          if (step === 0 || (targetRate === undefined && step % targetEvery === 0)) follow(1);
        },
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

function lossesOf(settings: DQNTrainSettings, parts: DQNTrainParts, fields: Fields): Losses {
  const { discount = 0.99, isDouble = true } = settings;
  const { network, target, loss = huberLoss } = parts;
  const names = ["observations", "actions", "rewards", "nextObservations", "terminated"] as const;
  const given = requireFields("DQNTrain", fields, ...names);
  const [observations, actions, rewards, next, terminated] = given as [
    ...[Tensor, Tensor, Tensor, Tensor, Tensor],
  ];
  const targets = untaped(() => {
    const outcomes = { rewards, terminated };
    return qTargets(outcomes, target(next), discount, isDouble ? network(next) : undefined);
  });
  const values = valueOf(network(observations), actions);
  return { loss: loss(values, targets), value: mean(values) };
}

/** θ̄ ← θ̄ + rate (θ − θ̄). */
function moveTowards(target: TrainableModel, network: TrainableModel, rate: number): void {
  const [to, from] = [target.variables, network.variables];
  const [got, wanted] = [to, from].map((all) => all.map(({ shape }) => shapeText(shape)).join());
  if (got !== wanted) {
    const rule = "the target must be a network of the same make";
    throw new UsageError("DQNTrain", rule, { got: `${got} for ${wanted}` });
  }
  untaped(() =>
    scope(() => {
      to.forEach((variable, i) => {
        const value = from[i] as Variable;
        if (rate === 1) assign(variable, value);
        else assign(variable, add(variable, mul(sub(value, variable), rate)));
      });
    }),
  );
}

function requireSettings(settings: DQNTrainSettings): void {
  const { actions = 1, updates = 1, batchSize = 64, targetEvery = 100, warmUp = 1 } = settings;
  requireCounts("DQNTrain", { actions, updates, batchSize, targetEvery, warmUp });
  requireFractions("DQNTrain", {
    discount: settings.discount ?? 0.99,
    targetRate: settings.targetRate ?? 1,
  });
  if (settings.targetEvery !== undefined && settings.targetRate !== undefined) {
    throw new UsageError("DQNTrain", "the target moves by targetEvery or by targetRate", {
      got: "both",
    });
  }
}
