// A ball to be caught: the smallest game that is played by looking at pictures.

import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { requireChoice, requireCount, requireEpisode } from "./checks.ts";
import type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";
import { AMBER, INK, blankFrame, fillRectangle } from "./frame.ts";

/** Options of `Catch`. */
export interface CatchOptions {
  /** Default 10. */
  readonly rows?: number;
  /** Default 10. */
  readonly columns?: number;
  /** Balls may fall aslant, which one picture does not show: see `FrameStack`. Default true. */
  readonly withSlant?: boolean;
  readonly seed?: number;
}

/** Where a game stands; plain JSON. */
export interface CatchState {
  readonly row: number;
  readonly column: number;
  /** Columns that the ball moves in a step. */
  readonly drift: number;
  readonly paddle: number;
  readonly isRunning: boolean;
  readonly random: RandomState;
}

/**
 * A ball falls from the top, one row a step, and bounces off the sides; the paddle on the bottom row
 * moves left (0), stays (1) or moves right (2). When the ball reaches the bottom the episode ends, with 1
 * if the paddle is there and −1 if not. Observations are pictures `[rows, columns, 1]`, 1 where something
 * is and 0 elsewhere.
 *
 * @see Mnih et al. 2014, Recurrent Models of Visual Attention, §4.2, where the game comes from.
 */
export class Catch implements Environment<CatchState> {
  readonly rows: number;
  readonly columns: number;
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace = { type: "discrete", count: 3 };
  readonly #withSlant: boolean;
  #random: HostRandom;
  #ball = { row: 0, column: 0, drift: 0 };
  #paddle = 0;
  #isRunning = false;

  constructor(options: CatchOptions = {}) {
    const { rows = 10, columns = 10, withSlant = true, seed = 0 } = options;
    requireCount("Catch", "rows", rows, 2);
    requireCount("Catch", "columns", columns, 2);
    this.rows = rows;
    this.columns = columns;
    this.observationShape = [rows, columns, 1];
    this.#withSlant = withSlant;
    this.#random = new HostRandom(seed);
  }

  reset(seed?: number): Float32Array {
    if (seed !== undefined) this.#random = new HostRandom(seed);
    const column = this.#random.integer(this.columns);
    this.#ball = { row: 0, column, drift: this.#withSlant ? this.#random.integer(3) - 1 : 0 };
    this.#paddle = Math.floor(this.columns / 2);
    this.#isRunning = true;
    return this.#observation();
  }

  step(action: Action): EnvironmentStep {
    requireEpisode("Catch", this.#isRunning);
    const move = requireChoice("Catch", action, 3) - 1;
    const last = this.columns - 1;
    this.#paddle = Math.max(0, Math.min(last, this.#paddle + move));
    const { row, column, drift } = this.#ball;
    const isOutside = column + drift < 0 || column + drift > last;
    const next = isOutside ? -drift : drift;
    this.#ball = { row: row + 1, column: column + next, drift: next };
    const terminated = this.#ball.row === this.rows - 1;
    this.#isRunning = !terminated;
    const reward = !terminated ? 0 : this.#paddle === this.#ball.column ? 1 : -1;
    return { observation: this.#observation(), reward, terminated, truncated: false };
  }

  state(): CatchState {
    const random = this.#random.state();
    return { ...this.#ball, paddle: this.#paddle, isRunning: this.#isRunning, random };
  }

  restore(state: CatchState): void {
    const { row, column, drift, paddle, isRunning, random } = state;
    this.#ball = { row, column, drift };
    this.#paddle = paddle;
    this.#isRunning = isRunning;
    this.#random = HostRandom.from(random);
  }

  /** 8 × 8 pixels for each place. */
  render(): Frame {
    const frame = blankFrame(8 * this.columns, 8 * this.rows);
    fillRectangle(frame, 8 * this.#paddle, 8 * (this.rows - 1) + 4, 8, 4, INK);
    fillRectangle(frame, 8 * this.#ball.column + 1, 8 * this.#ball.row + 1, 6, 6, AMBER);
    return frame;
  }

  #observation(): Float32Array {
    const picture = new Float32Array(this.rows * this.columns);
    picture[this.#ball.row * this.columns + this.#ball.column] = 1;
    picture[(this.rows - 1) * this.columns + this.#paddle] = 1;
    return picture;
  }
}
