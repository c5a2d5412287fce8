// Observations with a mean of about 0 and a deviation of about 1.

import type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";
import { type MomentsState, RunningMoments } from "./runningMoments.ts";

/** Options of `NormalizeObservation`. */
export interface NormalizeObservationOptions {
  /** Shared by environments that a single agent acts in. Default: its own. */
  readonly moments?: RunningMoments;
  /** Whether what is seen counts: not in an evaluation. Default true. */
  readonly isTraining?: boolean;
  /** Added to the variance. Default 1e-8. */
  readonly epsilon?: number;
  /** Bound of each number. Default 10. */
  readonly limit?: number;
}

/** State of a `NormalizeObservation` and of what it holds. */
export interface NormalizeObservationState<State> {
  readonly moments: MomentsState;
  readonly environment: State;
}

/** An environment whose observations are normalized by the moments of all that came so far. */
export class NormalizeObservation<State> implements Environment<NormalizeObservationState<State>> {
  readonly environment: Environment<State>;
  readonly moments: RunningMoments;
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace;
  readonly #options: NormalizeObservationOptions;

  constructor(environment: Environment<State>, options: NormalizeObservationOptions = {}) {
    const { observationShape: shape } = environment;
    const size = shape.reduce((product, length) => product * length, 1);
    this.environment = environment;
    this.moments = options.moments ?? new RunningMoments(size);
    this.observationShape = shape;
    this.actions = environment.actions;
    this.#options = options;
  }

  reset(seed?: number): Float32Array {
    return this.#normalized(this.environment.reset(seed));
  }

  step(action: Action): EnvironmentStep {
    const step = this.environment.step(action);
    return { ...step, observation: this.#normalized(step.observation) };
  }

  state(): NormalizeObservationState<State> {
    return { moments: this.moments.state(), environment: this.environment.state() };
  }

  restore(state: NormalizeObservationState<State>): void {
    this.moments.restore(state.moments);
    this.environment.restore(state.environment);
  }

  render(): Frame {
    return this.environment.render();
  }

  #normalized(observation: Float32Array): Float32Array {
    const { isTraining = true, epsilon, limit } = this.#options;
    if (isTraining) this.moments.update(observation);
    return this.moments.normalize(observation, epsilon, limit);
  }
}
