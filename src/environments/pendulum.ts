// A pendulum to be swung up with less torque than it weighs.

import { UsageError } from "../errors.ts";
import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { requireEpisode } from "./checks.ts";
import type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";
import { AMBER, INK, blankFrame, drawLine, fillRectangle } from "./frame.ts";

/** Where a pendulum stands; plain JSON. */
export interface PendulumState {
  /** From upright, in radians. */
  readonly theta: number;
  readonly thetaDot: number;
  readonly isRunning: boolean;
  readonly random: RandomState;
}

const GRAVITY = 10;
/** Seconds between two actions. */
const TAU = 0.05;
const MAX_SPEED = 8;
const MAX_TORQUE = 2;

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** An angle in [−π, π). */
function wrapped(theta: number): number {
  const turn = 2 * Math.PI;
  return ((((theta + Math.PI) % turn) + turn) % turn) - Math.PI;
}

/**
 * A rod of 1 kg and 1 m that hangs on its end, turned by a torque u of at most 2 N·m every 50 ms, to be
 * swung up and held. `new TimeLimit(new Pendulum(), 200)` is Gymnasium's Pendulum-v1.
 *
 *   θ̇ ← θ̇ + (3/2 g sin θ + 3 u) τ, within ±8       θ ← θ + θ̇ τ
 *   reward = −(θ² + 0.1 θ̇² + 0.001 u²) of the variables before, θ within ±π
 *
 * Observations are cos θ, sin θ, θ̇; at first θ is anywhere and θ̇ in ±1. It never ends by itself.
 *
 * @see Doya 2000, Reinforcement learning in continuous time and space, §5.1, of which it is a variant.
 */
export class Pendulum implements Environment<PendulumState> {
  readonly observationShape: readonly number[] = [3];
  readonly actions: ActionSpace = {
    type: "continuous",
    size: 1,
    low: -MAX_TORQUE,
    high: MAX_TORQUE,
  };
  #random: HostRandom;
  #theta = 0;
  #thetaDot = 0;
  #isRunning = false;

  constructor(seed = 0) {
    this.#random = new HostRandom(seed);
  }

  reset(seed?: number): Float32Array {
    if (seed !== undefined) this.#random = new HostRandom(seed);
    this.#theta = this.#random.uniform(-Math.PI, Math.PI);
    this.#thetaDot = this.#random.uniform(-1, 1);
    this.#isRunning = true;
    return this.#observation();
  }

  step(action: Action): EnvironmentStep {
    requireEpisode("Pendulum", this.#isRunning);
    const asked = typeof action === "number" ? action : (action[0] ?? NaN);
    if (Number.isNaN(asked)) {
      throw new UsageError("Pendulum.step", "an action must be a torque", { got: `${asked}` });
    }
    const torque = clamp(asked, MAX_TORQUE);
    const cost = wrapped(this.#theta) ** 2 + 0.1 * this.#thetaDot ** 2 + 0.001 * torque ** 2;
    const acceleration = 1.5 * GRAVITY * Math.sin(this.#theta) + 3 * torque;
    this.#thetaDot = clamp(this.#thetaDot + acceleration * TAU, MAX_SPEED);
    this.#theta += this.#thetaDot * TAU;
    const observation = this.#observation();
    return { observation, reward: -cost, terminated: false, truncated: false };
  }

  state(): PendulumState {
    const random = this.#random.state();
    return { theta: this.#theta, thetaDot: this.#thetaDot, isRunning: this.#isRunning, random };
  }

  restore(state: PendulumState): void {
    this.#theta = state.theta;
    this.#thetaDot = state.thetaDot;
    this.#isRunning = state.isRunning;
    this.#random = HostRandom.from(state.random);
  }

  /** 64 × 64 pixels. */
  render(): Frame {
    const frame = blankFrame(64, 64);
    const tip = [32 + 26 * Math.sin(this.#theta), 32 - 26 * Math.cos(this.#theta)] as const;
    drawLine(frame, [32, 32], tip, 5, AMBER);
    fillRectangle(frame, 30, 30, 4, 4, INK);
    return frame;
  }

  #observation(): Float32Array {
    return Float32Array.of(Math.cos(this.#theta), Math.sin(this.#theta), this.#thetaDot);
  }
}
