// What an environment can do: Gymnasium's interface, and to stand still and go on.

/** What an agent chooses from. */
export type ActionSpace =
  | { readonly type: "discrete"; readonly count: number }
  | {
      readonly type: "continuous";
      readonly size: number;
      /** Bounds of each number; what lies outside counts as the bound. */
      readonly low: number;
      readonly high: number;
    };

/** One of 0 … count − 1, or the numbers of a continuous action. */
export type Action = number | ArrayLike<number>;

/** What follows an action. */
export interface EnvironmentStep {
  readonly observation: Float32Array;
  readonly reward: number;
  /** The episode has come to an end of its own: nothing more can be gained. */
  readonly terminated: boolean;
  /** The episode was cut off; it could have gone on. */
  readonly truncated: boolean;
}

/** A picture of four bytes a pixel, as `new ImageData(data, width, height)` takes it. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * A world that an agent acts in, one episode after the other. What happens depends on the seed and the
 * actions alone.
 *
 * @see Towers et al. 2024, Gymnasium: A Standard Interface for Reinforcement Learning Environments.
 */
export interface Environment<State = unknown> {
  /** Shape of an observation. */
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace;

  /**
   * Begins an episode.
   *
   * @param seed  restarts the random numbers; without it they go on.
   * @returns     the first observation.
   */
  reset(seed?: number): Float32Array;

  /**
   * Acts once.
   *
   * @throws {UsageError} if no episode is going on, or there is no such action.
   */
  step(action: Action): EnvironmentStep;

  /** Everything that decides what comes next; plain JSON. */
  state(): State;

  /** Goes on exactly where `state` was taken. */
  restore(state: State): void;

  /** What it looks like now. */
  render(): Frame;
}
