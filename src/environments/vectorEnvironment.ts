// Several environments that go on side by side, so that one pass of a network acts in all of them.

import { ShapeError, UsageError } from "../errors.ts";
import { HostRandom } from "../tensor/philox.ts";
import { requireCount } from "./checks.ts";
import type { Action, ActionSpace, Environment } from "./environment.ts";

/** An episode that has ended. */
export interface Episode {
  /** Which environment it was in. */
  readonly environment: number;
  /** Σ rewards, undiscounted. */
  readonly return: number;
  /** Steps. */
  readonly length: number;
}

/** What follows an action in each of N environments. */
export interface VectorStep {
  /** `[N, …]`: what to act on next. Where an episode has ended, the next one has begun. */
  readonly observations: Float32Array<ArrayBuffer>;
  /** `[N, …]`: what the actions led to, last observations of episodes among them. */
  readonly nextObservations: Float32Array<ArrayBuffer>;
  /** `[N]`. */
  readonly rewards: Float32Array<ArrayBuffer>;
  /** `[N]` of 0 and 1. */
  readonly terminated: Float32Array<ArrayBuffer>;
  /** `[N]` of 0 and 1. */
  readonly truncated: Float32Array<ArrayBuffer>;
  readonly episodes: readonly Episode[];
}

/** State of all environments; plain JSON. */
export interface VectorState<State = unknown> {
  readonly environments: readonly State[];
  readonly observations: readonly number[];
  readonly returns: readonly number[];
  readonly lengths: readonly number[];
}

/** The random stream that seeds are drawn from. */
const SEEDS = 0x5eed;

/**
 * N environments of one kind. An environment whose episode ends is reset in the same step: the step's
 * `observations` are then the first ones of the new episode, and `nextObservations` the last of the old.
 */
export class VectorEnvironment<State = unknown> {
  readonly environments: readonly Environment<State>[];
  readonly count: number;
  /** Shape of the observation of one environment. */
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace;
  readonly #size: number;
  #observations: Float32Array<ArrayBuffer>;
  #returns: number[];
  #lengths: number[];

  /** @param make  the environment of each index. */
  constructor(count: number, make: (index: number) => Environment<State>) {
    requireCount("VectorEnvironment", "count", count);
    this.count = count;
    this.environments = Array.from({ length: count }, (_, i) => make(i));
    const [first] = this.environments as [Environment<State>];
    const kind = (one: Environment<State>): string =>
      JSON.stringify([one.observationShape, one.actions]);
    const other = this.environments.find((one) => kind(one) !== kind(first));
    if (other !== undefined || new Set(this.environments).size < count) {
      const rule = "the environments must be of one kind, each an object of its own";
      const got = other === undefined ? "one twice" : `${kind(first)} and ${kind(other)}`;
      throw new UsageError("VectorEnvironment", rule, { got });
    }
    this.observationShape = first.observationShape;
    this.actions = first.actions;
    this.#size = first.observationShape.reduce((product, length) => product * length, 1);
    this.#observations = new Float32Array(count * this.#size);
    this.#returns = new Array<number>(count).fill(0);
    this.#lengths = new Array<number>(count).fill(0);
  }

  /** `[N, …]`: what to act on. */
  get observations(): Float32Array<ArrayBuffer> {
    return this.#observations;
  }

  /** Begins an episode in each environment, each with a seed of its own that `seed` decides. */
  reset(seed = 0): Float32Array<ArrayBuffer> {
    const random = new HostRandom(seed, SEEDS);
    const observations = new Float32Array(this.count * this.#size);
    this.environments.forEach((environment, i) => {
      observations.set(environment.reset(random.u32()), i * this.#size);
    });
    this.#observations = observations;
    this.#returns.fill(0);
    this.#lengths.fill(0);
    return observations;
  }

  /**
   * Acts once in each environment.
   *
   * @param actions  `[N]`, or `[N, size]` of continuous ones.
   * @throws {ShapeError} if there are more or fewer.
   */
  step(actions: ArrayLike<number>): VectorStep {
    const width = this.actions.type === "discrete" ? 1 : this.actions.size;
    if (actions.length !== this.count * width) {
      throw new ShapeError("VectorEnvironment.step", "there must be an action per environment", {
        got: `${actions.length} numbers for ${this.count} actions of ${width}`,
      });
    }
    const column = (): Float32Array<ArrayBuffer> => new Float32Array(this.count);
    const step = {
      observations: new Float32Array(this.count * this.#size),
      nextObservations: new Float32Array(this.count * this.#size),
      ...{ rewards: column(), terminated: column(), truncated: column() },
      episodes: [] as Episode[],
    };
    const all = Array.from(actions);
    for (let i = 0; i < this.count; i++) {
      const action = all.slice(i * width, (i + 1) * width);
      this.#stepOne(i, this.actions.type === "discrete" ? (action[0] as number) : action, step);
    }
    this.#observations = step.observations;
    return step;
  }

  /** Everything that decides what comes next. */
  state(): VectorState<State> {
    return {
      environments: this.environments.map((environment) => environment.state()),
      observations: [...this.#observations],
      returns: [...this.#returns],
      lengths: [...this.#lengths],
    };
  }

  /** Goes on exactly where `state` was taken. @throws {UsageError} if it is of another count. */
  restore(state: VectorState<State>): void {
    if (state.environments.length !== this.count) {
      throw new UsageError("VectorEnvironment.restore", "the state must be of as many", {
        got: `${state.environments.length} environments for ${this.count}`,
      });
    }
    this.environments.forEach((environment, i) =>
      environment.restore(state.environments[i] as State),
    );
    this.#observations = Float32Array.from(state.observations);
    this.#returns = [...state.returns];
    this.#lengths = [...state.lengths];
  }

  #stepOne(i: number, action: Action, step: VectorStep & { readonly episodes: Episode[] }): void {
    const environment = this.environments[i] as Environment<State>;
    const { observation, reward, terminated, truncated } = environment.step(action);
    this.#returns[i] = (this.#returns[i] as number) + reward;
    this.#lengths[i] = (this.#lengths[i] as number) + 1;
    step.rewards[i] = reward;
    step.terminated[i] = Number(terminated);
    step.truncated[i] = Number(truncated);
    step.nextObservations.set(observation, i * this.#size);
    if (!terminated && !truncated) {
      step.observations.set(observation, i * this.#size);
      return;
    }
    const [total, length] = [this.#returns[i] as number, this.#lengths[i] as number];
    step.episodes.push({ environment: i, return: total, length });
    this.#returns[i] = this.#lengths[i] = 0;
    step.observations.set(environment.reset(), i * this.#size);
  }
}
