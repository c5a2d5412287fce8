// Episodes of a bounded length.

import { requireCount, requireEpisode } from "./checks.ts";
import type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";

/** State of a `TimeLimit` and of what it holds. */
export interface TimeLimitState<State> {
  readonly steps: number;
  readonly environment: State;
}

/** An environment whose episodes are truncated after so many steps, unless they end before. */
export class TimeLimit<State> implements Environment<TimeLimitState<State>> {
  readonly environment: Environment<State>;
  readonly maxSteps: number;
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace;
  #steps = 0;

  constructor(environment: Environment<State>, maxSteps: number) {
    requireCount("TimeLimit", "maxSteps", maxSteps);
    this.environment = environment;
    this.maxSteps = maxSteps;
    this.observationShape = environment.observationShape;
    this.actions = environment.actions;
    this.#steps = maxSteps;
  }

  reset(seed?: number): Float32Array {
    this.#steps = 0;
    return this.environment.reset(seed);
  }

  step(action: Action): EnvironmentStep {
    requireEpisode("TimeLimit", this.#steps < this.maxSteps);
    const step = this.environment.step(action);
    this.#steps++;
    const isOver = this.#steps >= this.maxSteps && !step.terminated;
    return { ...step, truncated: step.truncated || isOver };
  }

  state(): TimeLimitState<State> {
    return { steps: this.#steps, environment: this.environment.state() };
  }

  restore(state: TimeLimitState<State>): void {
    this.#steps = state.steps;
    this.environment.restore(state.environment);
  }

  render(): Frame {
    return this.environment.render();
  }
}
