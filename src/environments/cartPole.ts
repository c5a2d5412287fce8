// A pole to be balanced on a cart.

import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { requireChoice, requireEpisode } from "./checks.ts";
import type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";
import { AMBER, INK, blankFrame, drawLine, fillRectangle } from "./frame.ts";

/** Where a cart-pole stands; plain JSON. */
export interface CartPoleState {
  /** x, ẋ, θ, θ̇. */
  readonly variables: readonly [number, number, number, number];
  readonly isRunning: boolean;
  readonly random: RandomState;
}

const GRAVITY = 9.8;
const CART_MASS = 1;
const POLE_MASS = 0.1;
const TOTAL_MASS = CART_MASS + POLE_MASS;
/** Half the pole's length. */
const LENGTH = 0.5;
const FORCE = 10;
/** Seconds between two actions. */
const TAU = 0.02;
const X_LIMIT = 2.4;
const THETA_LIMIT = (12 * 2 * Math.PI) / 360;

/**
 * A cart on a track, pushed left (0) or right (1) with 10 N every 20 ms, with a pole on it that must not
 * fall: 1 for each step, and an end when |x| > 2.4 m or |θ| > 12°. `new TimeLimit(new CartPole(), 500)`
 * is Gymnasium's CartPole-v1, solved with a mean return of 475.
 *
 *   ψ = (F + m l θ̇² sin θ)/M          θ̈ = (g sin θ − ψ cos θ)/(l (4/3 − m cos² θ/M))
 *   ẍ = ψ − m l θ̈ cos θ/M             each by an Euler step from the variables before
 *
 * Observations are x, ẋ, θ, θ̇ (m, m/s, rad, rad/s), at first uniform in ±0.05.
 *
 * @see Barto, Sutton & Anderson 1983, Neuronlike adaptive elements that can solve difficult learning
 * control problems; Florian 2007, Correct equations for the dynamics of the cart-pole system.
 */
export class CartPole implements Environment<CartPoleState> {
  readonly observationShape: readonly number[] = [4];
  readonly actions: ActionSpace = { type: "discrete", count: 2 };
  #random: HostRandom;
  #variables: CartPoleState["variables"] = [0, 0, 0, 0];
  #isRunning = false;

  constructor(seed = 0) {
    this.#random = new HostRandom(seed);
  }

  reset(seed?: number): Float32Array {
    if (seed !== undefined) this.#random = new HostRandom(seed);
    const draw = (): number => this.#random.uniform(-0.05, 0.05);
    this.#variables = [draw(), draw(), draw(), draw()];
    this.#isRunning = true;
    return Float32Array.from(this.#variables);
  }

  step(action: Action): EnvironmentStep {
    requireEpisode("CartPole", this.#isRunning);
    const force = requireChoice("CartPole", action, 2) === 1 ? FORCE : -FORCE;
    const [x, xDot, theta, thetaDot] = this.#variables;
    const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
    const psi = (force + POLE_MASS * LENGTH * thetaDot ** 2 * sin) / TOTAL_MASS;
    const inertia = LENGTH * (4 / 3 - (POLE_MASS * cos ** 2) / TOTAL_MASS);
    const thetaAcceleration = (GRAVITY * sin - psi * cos) / inertia;
    const xAcceleration = psi - (POLE_MASS * LENGTH * thetaAcceleration * cos) / TOTAL_MASS;
    this.#variables = [
      x + TAU * xDot,
      xDot + TAU * xAcceleration,
      theta + TAU * thetaDot,
      thetaDot + TAU * thetaAcceleration,
    ];
    const terminated =
      Math.abs(this.#variables[0]) > X_LIMIT || Math.abs(this.#variables[2]) > THETA_LIMIT;
    this.#isRunning = !terminated;
    const observation = Float32Array.from(this.#variables);
    return { observation, reward: 1, terminated, truncated: false };
  }

  state(): CartPoleState {
    const random = this.#random.state();
    return { variables: [...this.#variables], isRunning: this.#isRunning, random };
  }

  restore(state: CartPoleState): void {
    this.#variables = [...state.variables];
    this.#isRunning = state.isRunning;
    this.#random = HostRandom.from(state.random);
  }

  /** 96 × 64 pixels: the track from one limit to the other. */
  render(): Frame {
    const frame = blankFrame(96, 64);
    const [x, , theta] = this.#variables;
    const [left, ground] = [48 + (x / X_LIMIT) * 40, 52];
    fillRectangle(frame, 0, ground, 96, 1, INK);
    fillRectangle(frame, left - 8, ground - 8, 16, 8, INK);
    const tip = [left + 34 * Math.sin(theta), ground - 8 - 34 * Math.cos(theta)] as const;
    drawLine(frame, [left, ground - 8], tip, 3, AMBER);
    return frame;
  }
}
