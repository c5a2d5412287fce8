// What has happened lately, to learn from in random order.

import { DataError, UsageError, shapeText } from "../errors.ts";
import type { Batch } from "../data/dataLoader.ts";
import {
  type HostArray,
  requireSize,
  rowSize,
  rowsLike,
  sliceRows,
  takeRows,
} from "../data/hostArray.ts";
import { HostRandom, type RandomState } from "../tensor/philox.ts";
import { requireCount } from "./checks.ts";

/** Options of `ReplayBuffer`. */
export interface ReplayBufferOptions {
  /** Rows to keep. */
  readonly capacity: number;
  /** Of the sampling. Default 0. */
  readonly seed?: number;
}

/** Where a buffer stands, its arrays apart; plain JSON. */
export interface ReplayState {
  /** Where the next row goes. */
  readonly next: number;
  readonly random: RandomState;
}

/**
 * A ring of rows with named fields: observations, actions, rewards and so on. The first rows decide names,
 * shapes and element types; a full buffer forgets its oldest.
 *
 * @see Lin 1992, Self-improving reactive agents based on reinforcement learning, planning and teaching.
 */
export class ReplayBuffer {
  readonly capacity: number;
  #fields: Record<string, HostArray> = {};
  #random: HostRandom;
  #next = 0;
  #size = 0;

  constructor(options: ReplayBufferOptions) {
    const { capacity, seed = 0 } = options;
    requireCount("ReplayBuffer", "capacity", capacity);
    this.capacity = capacity;
    this.#random = new HostRandom(seed);
  }

  /** Rows held. */
  get size(): number {
    return this.#size;
  }

  /** Takes rows, the oldest first. @throws {DataError} unless they are like those before. */
  add(rows: Batch): void {
    const count = this.#requireRows("ReplayBuffer.add", rows);
    if (this.#size === 0) {
      const empty = Object.entries(rows).map(([name, array]) => {
        return [name, rowsLike(array, this.capacity)] as const;
      });
      this.#fields = Object.fromEntries(empty);
    }
    for (const [name, array] of Object.entries(rows)) {
      const field = this.#fields[name] as HostArray;
      for (let row = 0; row < count; row++) {
        const place = (this.#next + row) % this.capacity;
        field.data.set(sliceRows(array, row, row + 1).data, place * rowSize(array));
      }
    }
    this.#next = (this.#next + count) % this.capacity;
    this.#size = Math.min(this.#size + count, this.capacity);
  }

  /** `count` rows, each drawn from all with equal chances. @throws {UsageError} if it is empty. */
  sample(count: number): Batch {
    if (this.#size === 0) {
      throw new UsageError("ReplayBuffer.sample", "there must be rows to draw from", {
        got: "none",
        remedy: "Act at random for some steps first.",
      });
    }
    const rows = Uint32Array.from({ length: count }, () => this.#random.integer(this.#size));
    const entries = Object.entries(this.#fields).map(([name, array]) => {
      return [name, takeRows(array, rows)] as const;
    });
    return Object.fromEntries(entries);
  }

  /** Everything that decides what comes next but for the rows. */
  state(): ReplayState {
    return { next: this.#next, random: this.#random.state() };
  }

  /** Copies of the rows held. */
  arrays(): Batch {
    const entries = Object.entries(this.#fields).map(([name, array]) => {
      const { data, ...held } = sliceRows(array, 0, this.#size);
      return [name, { ...held, data: data.slice() }] as const;
    });
    return Object.fromEntries(entries);
  }

  /** Goes on exactly where `state` and `arrays` were taken. @throws {DataError} if they do not fit. */
  restore(state: ReplayState, arrays: Batch): void {
    this.#fields = {};
    this.#next = this.#size = 0;
    if (Object.keys(arrays).length > 0) {
      const count = this.#requireRows("ReplayBuffer.restore", arrays);
      if (count > this.capacity || state.next >= this.capacity) {
        const got = `${count} rows for ${this.capacity}`;
        throw new DataError("ReplayBuffer.restore", "the rows must be of as large a buffer", {
          got,
        });
      }
      this.add(arrays);
    }
    this.#next = state.next;
    this.#random = HostRandom.from(state.random);
  }

  /** How many rows these are. */
  #requireRows(op: string, rows: Batch): number {
    const [first] = Object.values(rows);
    const count = first?.shape[0] ?? 0;
    const text = (array: HostArray | undefined): string =>
      array === undefined ? "nothing" : `${array.dtype} ${shapeText(array.shape.slice(1))}`;
    for (const [name, array] of Object.entries(rows)) {
      requireSize(`${op} ${name}`, array);
      if (array.shape[0] === count) continue;
      throw new DataError(op, "all fields must have as many rows", {
        got: `${count} and ${array.shape[0]} in ${name}`,
      });
    }
    if (this.#size === 0) return count;
    for (const name of new Set([...Object.keys(rows), ...Object.keys(this.#fields)])) {
      const [wanted, got] = [text(this.#fields[name]), text(rows[name])];
      if (wanted === got) continue;
      throw new DataError(op, `the rows of ${name} must be like those before`, {
        got: `${got} for ${wanted}`,
      });
    }
    return count;
  }
}
