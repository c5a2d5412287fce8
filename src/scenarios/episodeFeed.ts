// Whole episodes of a policy, with the return of each action.

import type { Batch } from "../data/dataLoader.ts";
import type { Feed } from "../data/feed.ts";
import type { HostArray } from "../data/hostArray.ts";
import type { Episode, VectorEnvironment } from "../environments/vectorEnvironment.ts";
import { UsageError } from "../errors.ts";
import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { type Actor, drawnActions, requireDiscrete } from "./acting.ts";
import type { Episodes } from "./episodes.ts";

/** How an `EpisodeFeed` acts. */
export interface EpisodeFeedOptions {
  readonly actor: Actor;
  readonly environments: VectorEnvironment;
  readonly episodes: Episodes;
  readonly discount: number;
  readonly maxSteps: number;
  readonly seed: number;
}

/** Where an `EpisodeFeed` stands between two batches. */
interface EpisodeFeedState {
  readonly random: RandomState;
  readonly frames: number;
}

/** A step of an episode. */
interface Step {
  readonly observation: Float32Array;
  readonly action: number;
  readonly reward: number;
}

/** Rows of the smallest batch. */
const LEAST_ROWS = 64;

/**
 * Delivers one episode of each environment, with the fields observations, actions, returns and weights.
 * Batches have 64, 128, 256 … rows, so that compiled steps are few; rows without a step have weight 0.
 */
export class EpisodeFeed implements Feed {
  readonly #options: EpisodeFeedOptions;
  readonly #count: number;
  #random: HostRandom;

  constructor(options: EpisodeFeedOptions) {
    this.#options = options;
    this.#count = requireDiscrete("ReinforceTrain", options.environments);
    this.#random = new HostRandom(options.seed);
  }

  /** A batch of zeros: what comes depends on what the policy will do. */
  async peek(): Promise<Batch> {
    return this.#batchOf([]);
  }

  async next(): Promise<Batch> {
    return this.#batchOf(await this.#play());
  }

  state(): EpisodeFeedState {
    return { random: this.#random.state(), frames: this.#options.episodes.frames };
  }

  /** None; but there is no going back to episodes, whose policy is no more. */
  arrays(): Readonly<Record<string, HostArray>> {
    return {};
  }

  restore(state: unknown): void {
    const { random, frames } = state as EpisodeFeedState;
    this.#random = HostRandom.from(random);
    this.#options.episodes.frames = frames;
  }

  /** The first episode of each environment, from the beginning. */
  async #play(): Promise<Step[][]> {
    const { actor, environments, episodes, maxSteps } = this.#options;
    const { count } = environments;
    const size = environments.observationShape.reduce((product, length) => product * length, 1);
    const steps = Array.from({ length: count }, (): Step[] => []);
    const ended = new Map<number, Episode>();
    environments.reset(this.#random.u32());
    for (let t = 0; ended.size < count; t++) {
      if (t === maxSteps) throw endless(maxSteps);
      const { observations } = environments;
      const scores = await actor.scores(environments);
      const actions = drawnActions(scores, this.#count, this.#random);
      const { rewards, episodes: over } = environments.step(actions);
      steps.forEach((own, n) => {
        if (ended.has(n)) return;
        const observation = observations.subarray(n * size, (n + 1) * size);
        own.push({ observation, action: actions[n] as number, reward: rewards[n] as number });
      });
      const first = over.filter(({ environment }) => !ended.has(environment));
      episodes.add(count - ended.size, first);
      for (const episode of first) ended.set(episode.environment, episode);
    }
    return steps;
  }

  #batchOf(played: readonly Step[][]): Batch {
    const { observationShape } = this.#options.environments;
    const size = observationShape.reduce((product, length) => product * length, 1);
    const count = played.reduce((sum, { length }) => sum + length, 0);
    const rows = 2 ** Math.ceil(Math.log2(Math.max(count, LEAST_ROWS)));
    const observations = new Float32Array(rows * size);
    const actions = new Int32Array(rows);
    const [returns, weights] = [new Float32Array(rows), new Float32Array(rows).fill(1, 0, count)];
    let row = 0;
    for (const episode of played) {
      returns.set(returnsOf(episode, this.#options.discount), row);
      for (const { observation, action } of episode) {
        observations.set(observation, row * size);
        actions[row++] = action;
      }
    }
    return {
      observations: { dtype: "f32", shape: [rows, ...observationShape], data: observations },
      actions: { dtype: "i32", shape: [rows], data: actions },
      returns: { dtype: "f32", shape: [rows], data: returns },
      weights: { dtype: "f32", shape: [rows], data: weights },
    };
  }
}

/** Gₜ = rₜ + γ Gₜ₊₁, with 0 after the last step. */
function returnsOf(episode: readonly Step[], discount: number): Float32Array {
  const returns = new Float32Array(episode.length);
  let later = 0;
  for (let t = episode.length - 1; t >= 0; t--) {
    later = (episode[t] as Step).reward + discount * later;
    returns[t] = later;
  }
  return returns;
}

function endless(steps: number): UsageError {
  return new UsageError("ReinforceTrain", "episodes must end", {
    got: `one of more than ${steps} steps`,
    remedy: "Put the environment into a TimeLimit, or raise maxSteps.",
  });
}
