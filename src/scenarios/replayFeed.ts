// Batches of what an agent did lately, which goes on acting between them.

import type { Batch } from "../data/dataLoader.ts";
import type { Feed } from "../data/feed.ts";
import type { HostArray } from "../data/hostArray.ts";
import type { ReplayBuffer, ReplayState } from "../environments/replayBuffer.ts";
import type {
  VectorEnvironment,
  VectorState,
  VectorStep,
} from "../environments/vectorEnvironment.ts";
import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { type Actor, greedyActions, requireDiscrete } from "./acting.ts";
import type { Episodes } from "./episodes.ts";

/** How a `ReplayFeed` acts. */
export interface ReplayFeedOptions {
  readonly actor: Actor;
  readonly environments: VectorEnvironment;
  readonly replay: ReplayBuffer;
  readonly episodes: Episodes;
  readonly batchSize: number;
  /** Actions in each environment before so many batches. */
  readonly actions: number;
  readonly batches: number;
  /** Rows of random actions before the first batch. */
  readonly warmUp: number;
  readonly seed: number;
}

/** Where a `ReplayFeed` stands, its rows apart. */
interface ReplayFeedState {
  readonly environments: VectorState;
  readonly replay: ReplayState;
  readonly random: RandomState;
  readonly frames: number;
  readonly batches: number;
}

/** Acts ε-greedily, and delivers rows with observations, actions, rewards, nextObservations, terminated. */
export class ReplayFeed implements Feed {
  /** ε: the probability of an action at random. */
  exploration = 1;
  readonly #options: ReplayFeedOptions;
  readonly #count: number;
  #random: HostRandom;
  /** Delivered since the last actions. */
  #batches = 0;

  constructor(options: ReplayFeedOptions) {
    this.#options = options;
    this.#count = requireDiscrete("DQNTrain", options.environments);
    this.#random = new HostRandom(options.seed);
    options.environments.reset(options.seed);
  }

  /** A batch of zeros: what comes depends on what the network will do. */
  async peek(): Promise<Batch> {
    const { batchSize, environments } = this.#options;
    const shape = [batchSize, ...environments.observationShape];
    const zeros = new Float32Array(shape.reduce((product, length) => product * length, 1));
    const column = new Float32Array(batchSize);
    return rowsOf(environments, zeros, new Int32Array(batchSize), {
      nextObservations: zeros,
      rewards: column,
      terminated: column,
    });
  }

  async next(): Promise<Batch> {
    const { replay, batchSize, actions, batches, warmUp } = this.#options;
    while (replay.size < Math.min(warmUp, replay.capacity)) await this.#act(1);
    if (this.#batches === 0) for (let i = 0; i < actions; i++) await this.#act(this.exploration);
    this.#batches = (this.#batches + 1) % batches;
    return replay.sample(batchSize);
  }

  state(): ReplayFeedState {
    const { environments, replay, episodes } = this.#options;
    return {
      environments: environments.state(),
      replay: replay.state(),
      random: this.#random.state(),
      frames: episodes.frames,
      batches: this.#batches,
    };
  }

  arrays(): Batch {
    return this.#options.replay.arrays();
  }

  restore(state: unknown, arrays: Readonly<Record<string, HostArray>> = {}): void {
    const { environments, replay, episodes } = this.#options;
    const saved = state as ReplayFeedState;
    environments.restore(saved.environments);
    replay.restore(saved.replay, arrays);
    this.#random = HostRandom.from(saved.random);
    this.#batches = saved.batches;
    episodes.frames = saved.frames;
  }

  /** Acts once in each environment. */
  async #act(exploration: number): Promise<void> {
    const { actor, environments, replay, episodes } = this.#options;
    const random = Int32Array.from({ length: environments.count }, () =>
      this.#random.uniform() < exploration ? this.#random.integer(this.#count) : -1,
    );
    const isRandom = random.every((action) => action >= 0);
    const greedy = isRandom ? random : greedyActions(await actor.scores(environments), this.#count);
    const actions = random.map((action, n) => (action < 0 ? (greedy[n] as number) : action));
    const { observations } = environments;
    const step = environments.step(actions);
    replay.add(rowsOf(environments, observations, actions, step));
    episodes.add(environments.count, step.episodes);
  }
}

function rowsOf(
  { observationShape }: VectorEnvironment,
  observations: Float32Array,
  actions: Int32Array,
  step: Pick<VectorStep, "nextObservations" | "rewards" | "terminated">,
): Batch {
  const rows = actions.length;
  const shape = [rows, ...observationShape];
  return {
    observations: { dtype: "f32", shape, data: observations },
    actions: { dtype: "i32", shape: [rows], data: actions },
    rewards: { dtype: "f32", shape: [rows], data: step.rewards },
    nextObservations: { dtype: "f32", shape, data: step.nextObservations },
    terminated: { dtype: "f32", shape: [rows], data: step.terminated },
  };
}
