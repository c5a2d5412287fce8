// The last few observations as one, for what a single one does not show: speed, say.

import { UsageError } from "../errors.ts";
import { requireCount } from "./checks.ts";
import type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";

/** State of a `FrameStack` and of what it holds. */
export interface FrameStackState<State> {
  /** Oldest first. */
  readonly frames: readonly (readonly number[])[];
  readonly environment: State;
}

/**
 * An environment whose observations are the last `count`, side by side on the last axis, the oldest first:
 * `[rows, columns, channels]` becomes `[rows, columns, count · channels]`. An episode begins with `count`
 * times its first observation.
 *
 * @see Mnih et al. 2015, Human-level control through deep reinforcement learning, Methods.
 */
export class FrameStack<State> implements Environment<FrameStackState<State>> {
  readonly environment: Environment<State>;
  readonly count: number;
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace;
  #frames: Float32Array[] = [];

  constructor(environment: Environment<State>, count: number) {
    requireCount("FrameStack", "count", count);
    const { observationShape: shape } = environment;
    const channels = shape.at(-1);
    if (channels === undefined) {
      throw new UsageError("FrameStack", "observations must have an axis", { got: "a scalar" });
    }
    this.environment = environment;
    this.count = count;
    this.observationShape = [...shape.slice(0, -1), count * channels];
    this.actions = environment.actions;
  }

  reset(seed?: number): Float32Array {
    const first = this.environment.reset(seed);
    this.#frames = Array.from({ length: this.count }, () => first);
    return this.#observation();
  }

  step(action: Action): EnvironmentStep {
    const step = this.environment.step(action);
    this.#frames = [...this.#frames.slice(1), step.observation];
    return { ...step, observation: this.#observation() };
  }

  state(): FrameStackState<State> {
    const frames = this.#frames.map((frame) => [...frame]);
    return { frames, environment: this.environment.state() };
  }

  restore(state: FrameStackState<State>): void {
    this.#frames = state.frames.map((frame) => Float32Array.from(frame));
    this.environment.restore(state.environment);
  }

  render(): Frame {
    return this.environment.render();
  }

  #observation(): Float32Array {
    const channels = this.environment.observationShape.at(-1) as number;
    const stacked = new Float32Array(this.#frames.reduce((sum, frame) => sum + frame.length, 0));
    this.#frames.forEach((frame, k) => {
      for (let i = 0; i < frame.length; i++) {
        const place = (Math.floor(i / channels) * this.count + k) * channels + (i % channels);
        stacked[place] = frame[i] as number;
      }
    });
    return stacked;
  }
}
