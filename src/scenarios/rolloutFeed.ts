// Minibatches of what an agent did since it last learned.

import type { Batch } from "../data/dataLoader.ts";
import type { Feed } from "../data/feed.ts";
import { type HostArray, takeRows } from "../data/hostArray.ts";
import { RolloutBuffer } from "../environments/rolloutBuffer.ts";
import type { VectorEnvironment, VectorState } from "../environments/vectorEnvironment.ts";
import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { type Actor, drawnActions, requireDiscrete } from "./acting.ts";
import type { Episodes } from "./episodes.ts";
import type { Rollout, RolloutJudge } from "./rolloutJudge.ts";

/** How a `RolloutFeed` acts. */
export interface RolloutFeedOptions {
  readonly actor: Actor;
  readonly judge: RolloutJudge;
  readonly environments: VectorEnvironment;
  readonly episodes: Episodes;
  /** T. */
  readonly steps: number;
  readonly epochs: number;
  readonly minibatches: number;
  readonly normalizeAdvantages: boolean;
  readonly seed: number;
}

/** Where a `RolloutFeed` stands between two rollouts. */
interface RolloutFeedState {
  readonly environments: VectorState;
  readonly random: RandomState;
  readonly frames: number;
}

/** Delivers rows with observations, actions, logProbabilities (before learning), advantages, returns. */
export class RolloutFeed implements Feed {
  readonly #options: RolloutFeedOptions;
  readonly #count: number;
  readonly #rollout: RolloutBuffer;
  #random: HostRandom;
  #left: Batch[] = [];

  constructor(options: RolloutFeedOptions) {
    const { environments, seed, steps } = options;
    this.#options = options;
    this.#count = requireDiscrete("PPOTrain", environments);
    this.#rollout = new RolloutBuffer(steps);
    this.#random = new HostRandom(seed);
    environments.reset(seed);
  }

  /** A batch of zeros: what comes depends on what the policy will do. */
  async peek(): Promise<Batch> {
    const rows = this.#batchSize();
    const shape = [rows, ...this.#options.environments.observationShape];
    const size = shape.reduce((product, length) => product * length, 1);
    const column = columnOf(new Float32Array(rows));
    return {
      observations: { dtype: "f32", shape, data: new Float32Array(size) },
      actions: { dtype: "i32", shape: [rows], data: new Int32Array(rows) },
      ...{ logProbabilities: column, advantages: column, returns: column },
    };
  }

  async next(): Promise<Batch> {
    if (this.#left.length === 0) this.#left = this.#minibatches(await this.#collect());
    return this.#left.shift() as Batch;
  }

  state(): RolloutFeedState {
    const { environments, episodes } = this.#options;
    const random = this.#random.state();
    return { environments: environments.state(), random, frames: episodes.frames };
  }

  /** None; but there is no going back to a rollout, whose policy is no more. */
  arrays(): Readonly<Record<string, HostArray>> {
    return {};
  }

  restore(state: unknown): void {
    const { environments, random, frames } = state as RolloutFeedState;
    this.#options.environments.restore(environments);
    this.#random = HostRandom.from(random);
    this.#options.episodes.frames = frames;
    this.#left = [];
    this.#rollout.take();
  }

  /** Rows of an update. */
  #batchSize(): number {
    const { steps, minibatches, environments } = this.#options;
    return (steps * environments.count) / minibatches;
  }

  /** Acts until the rollout is full, and has it judged. */
  async #collect(): Promise<Batch> {
    const { actor, judge, environments, episodes } = this.#options;
    const shape = [environments.count, ...environments.observationShape];
    while (!this.#rollout.isFull) {
      const { observations } = environments;
      const data = drawnActions(await actor.scores(environments), this.#count, this.#random);
      const step = environments.step(data);
      this.#rollout.add({
        observations: { dtype: "f32", shape, data: observations },
        actions: { dtype: "i32", shape: [data.length], data },
        nextObservations: { dtype: "f32", shape, data: step.nextObservations },
        rewards: columnOf(step.rewards),
        terminated: columnOf(step.terminated),
        truncated: columnOf(step.truncated),
      });
      episodes.add(environments.count, step.episodes);
    }
    const rollout = this.#rollout.take() as Rollout;
    const { observations, actions } = rollout;
    return { observations, actions, ...(await judge.judge(rollout, environments.count)) };
  }

  /** Every row once per epoch, in random order. */
  #minibatches(rows: Batch): Batch[] {
    const { epochs, minibatches, normalizeAdvantages } = this.#options;
    const size = this.#batchSize();
    const batches: Batch[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = this.#random.permutation(size * minibatches);
      for (let i = 0; i < minibatches; i++) {
        const chosen = order.subarray(i * size, (i + 1) * size);
        const entries = Object.entries(rows).map(([name, array]) => {
          const taken = takeRows(array, chosen);
          const isNormal = normalizeAdvantages && name === "advantages";
          return [name, isNormal ? normalized(taken) : taken] as const;
        });
        batches.push(Object.fromEntries(entries));
      }
    }
    return batches;
  }
}

function columnOf(data: Float32Array): HostArray {
  return { dtype: "f32", shape: [data.length], data };
}

/** With mean 0 and deviation 1. */
function normalized({ shape, data }: HostArray): HostArray {
  const values = Float64Array.from(data);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  const deviation = Math.sqrt(variance + 1e-8);
  return { dtype: "f32", shape, data: Float32Array.from(values, (x) => (x - mean) / deviation) };
}
