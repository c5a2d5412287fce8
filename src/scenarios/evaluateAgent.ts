// EvaluateAgent: the returns of a network that acts.

import type { VectorEnvironment } from "../environments/vectorEnvironment.ts";
import { HostRandom } from "../tensor/philox.ts";
import { Actor, drawnActions, greedyActions, requireDiscrete } from "./acting.ts";
import type { EvaluateResult } from "./evaluate.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { requireCounts } from "./settingChecks.ts";
import type { TrainableModel } from "./update.ts";

/** Settings of `EvaluateAgent`. */
export interface EvaluateAgentSettings {
  /** Episodes in each environment. Default 1. */
  readonly episodes?: number;
  /** Of the environments, and of actions that are drawn. Default 0. */
  readonly seed?: number;
  /** Take the action with the highest score; otherwise draw from softmax(scores). Default true. */
  readonly isGreedy?: boolean;
  /** Default true. */
  readonly compiled?: boolean;
}

/** Parts of `EvaluateAgent`. */
export interface EvaluateAgentParts {
  /** Scores of actions: a policy's logits or Q-values. */
  readonly network: TrainableModel;
  /** Not those that the network learns in: they begin anew. */
  readonly environments: VectorEnvironment;
}

/** Progress of an evaluation. */
export interface EvaluateAgentEvent {
  readonly type: "episode";
  readonly environment: number;
  readonly return: number;
  readonly length: number;
  /** Episodes so far. */
  readonly done: number;
  readonly total: number;
}

/**
 * Plays the first episodes of each environment, so that short ones do not count more often than long
 * ones. Its metrics are `return` and `length`, means over the episodes, and `lowestReturn`.
 */
export class EvaluateAgent extends Scenario<EvaluateAgentParts, EvaluateResult> {
  readonly settings: EvaluateAgentSettings;

  constructor(settings: EvaluateAgentSettings = {}) {
    super();
    requireCounts("EvaluateAgent", { episodes: settings.episodes ?? 1 });
    this.settings = settings;
  }

  async *run(
    { network, environments }: EvaluateAgentParts,
    { signal }: RunOptions = {},
  ): AsyncGenerator<EvaluateAgentEvent, EvaluateResult> {
    const { episodes = 1, seed = 0, isGreedy = true, compiled = true } = this.settings;
    const count = requireDiscrete("EvaluateAgent", environments);
    const total = episodes * environments.count;
    const random = new HostRandom(seed);
    const played = new Uint32Array(environments.count);
    const seen: EvaluateAgentEvent[] = [];
    const actor = new Actor(network, compiled);
    environments.reset(seed);
    try {
      while (seen.length < total) {
        signal?.throwIfAborted();
        const scores = await actor.scores(environments);
        const actions = isGreedy
          ? greedyActions(scores, count)
          : drawnActions(scores, count, random);
        for (const episode of environments.step(actions).episodes) {
          played[episode.environment] = (played[episode.environment] as number) + 1;
          if ((played[episode.environment] as number) > episodes) continue;
          seen.push({ type: "episode", ...episode, done: seen.length + 1, total });
          yield seen.at(-1) as EvaluateAgentEvent;
        }
      }
    } finally {
      actor.close();
    }
    const returns = seen.map((episode) => episode.return);
    const length = seen.reduce((sum, episode) => sum + episode.length, 0) / total;
    const mean = returns.reduce((sum, one) => sum + one, 0) / total;
    return { return: mean, lowestReturn: Math.min(...returns), length };
  }
}
