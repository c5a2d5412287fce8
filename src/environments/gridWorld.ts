// Ways through a grid, past walls and traps to a goal.

import { UsageError } from "../errors.ts";
import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { requireChoice, requireEpisode } from "./checks.ts";
import type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";
import { AMBER, GREEN, INK, RED, blankFrame, fillRectangle } from "./frame.ts";

/** Options of `GridWorld`. */
export interface GridWorldOptions {
  /**
   * Rows of equal length: `.` free, `#` wall, `G` goal, `T` trap, `S` start. Episodes begin at one of the
   * starts; if there is none, at any free place.
   */
  readonly map: readonly string[];
  /** Probability of going to one of the two sides instead, half of it to each. Default 0. */
  readonly slip?: number;
  /** Reward of every step. Default 0. */
  readonly stepReward?: number;
  /** Added on reaching a goal. Default 1. */
  readonly goalReward?: number;
  /** Added on reaching a trap. Default −1. */
  readonly trapReward?: number;
  readonly seed?: number;
}

/** One of the things that may follow an action. */
export interface Outcome {
  readonly probability: number;
  /** The next place. */
  readonly place: number;
  readonly reward: number;
  readonly terminated: boolean;
}

/** Where an agent in a grid stands; plain JSON. */
export interface GridWorldState {
  readonly place: number;
  readonly isRunning: boolean;
  readonly random: RandomState;
}

/** Rows and columns by action: up, right, down, left. */
const MOVES = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const;

const COLORS = { G: GREEN, T: RED, "#": INK } as const;

/** Moves go up (0), right (1), down (2) or left (3); whoever runs into a wall stays. Goals and traps end it. */
export class GridWorld implements Environment<GridWorldState> {
  readonly map: readonly string[];
  readonly rows: number;
  readonly columns: number;
  /** One of `rows · columns` places is 1, the others 0. */
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace = { type: "discrete", count: 4 };
  readonly #options: Required<Omit<GridWorldOptions, "map">>;
  readonly #starts: readonly number[];
  #random: HostRandom;
  #place = 0;
  #isRunning = false;

  constructor(options: GridWorldOptions) {
    const { map } = options;
    this.map = [...map];
    this.rows = map.length;
    this.columns = map[0]?.length ?? 0;
    this.observationShape = [this.rows * this.columns];
    this.#options = { slip: 0, stepReward: 0, goalReward: 1, trapReward: -1, seed: 0, ...options };
    const places = requireMap(map, this.#options.slip);
    const starts = places.filter((place) => this.at(place) === "S");
    this.#starts = starts.length > 0 ? starts : places.filter((place) => this.at(place) === ".");
    if (this.#starts.length === 0) {
      throw new UsageError("GridWorld", "there must be a place to start from", {
        got: map.join(" "),
      });
    }
    this.#random = new HostRandom(this.#options.seed);
  }

  /** The map's sign at a place, counted row by row. */
  at(place: number): string {
    return this.map[Math.floor(place / this.columns)]?.[place % this.columns] ?? "#";
  }

  /** Everything that may follow an action at a place, by probability: the model of the world. */
  outcomes(place: number, action: number): readonly Outcome[] {
    const { slip, stepReward, goalReward, trapReward } = this.#options;
    const ways = [
      [action, 1 - slip],
      [(action + 1) % 4, slip / 2],
      [(action + 3) % 4, slip / 2],
    ] as const;
    return ways.map(([way, probability]) => {
      const next = this.#moved(place, way);
      const sign = this.at(next);
      const gain = sign === "G" ? goalReward : sign === "T" ? trapReward : 0;
      const terminated = sign === "G" || sign === "T";
      return { probability, place: next, reward: stepReward + gain, terminated };
    });
  }

  reset(seed?: number): Float32Array {
    if (seed !== undefined) this.#random = new HostRandom(seed);
    this.#place = this.#starts[this.#random.integer(this.#starts.length)] as number;
    this.#isRunning = true;
    return this.#observation();
  }

  step(action: Action): EnvironmentStep {
    requireEpisode("GridWorld", this.#isRunning);
    const outcomes = this.outcomes(this.#place, requireChoice("GridWorld", action, 4));
    let left = this.#random.uniform();
    const found = outcomes.find(({ probability }) => (left -= probability) < 0);
    const { place, reward, terminated } = found ?? (outcomes[0] as Outcome);
    this.#place = place;
    this.#isRunning = !terminated;
    return { observation: this.#observation(), reward, terminated, truncated: false };
  }

  state(): GridWorldState {
    return { place: this.#place, isRunning: this.#isRunning, random: this.#random.state() };
  }

  restore(state: GridWorldState): void {
    this.#place = state.place;
    this.#isRunning = state.isRunning;
    this.#random = HostRandom.from(state.random);
  }

  /** 12 × 12 pixels for each place. */
  render(): Frame {
    const frame = blankFrame(12 * this.columns, 12 * this.rows);
    for (let place = 0; place < this.rows * this.columns; place++) {
      const [x, y] = [12 * (place % this.columns), 12 * Math.floor(place / this.columns)];
      const color = COLORS[this.at(place) as keyof typeof COLORS];
      if (color !== undefined) fillRectangle(frame, x, y, 12, 12, color);
      if (place === this.#place) fillRectangle(frame, x + 3, y + 3, 6, 6, AMBER);
    }
    return frame;
  }

  #moved(place: number, way: number): number {
    const [down, right] = MOVES[way] as readonly [number, number];
    const [row, column] = [Math.floor(place / this.columns) + down, (place % this.columns) + right];
    if (row < 0 || row >= this.rows || column < 0 || column >= this.columns) return place;
    const next = row * this.columns + column;
    return this.at(next) === "#" ? place : next;
  }

  #observation(): Float32Array {
    const places = new Float32Array(this.rows * this.columns);
    places[this.#place] = 1;
    return places;
  }
}

/** The places of a map that is one. */
function requireMap(map: readonly string[], slip: number): number[] {
  const columns = map[0]?.length ?? 0;
  const isWhole = columns > 0 && map.every((row) => /^[.#GTS]+$/.test(row));
  if (!isWhole || map.some((row) => row.length !== columns)) {
    throw new UsageError("GridWorld", "map must be rows of equal length, of the signs . # G T S", {
      got: JSON.stringify(map),
    });
  }
  if (!(slip >= 0 && slip <= 1)) {
    throw new UsageError("GridWorld", "slip must be a probability", { got: `${slip}` });
  }
  return Array.from({ length: map.length * columns }, (_, place) => place);
}
