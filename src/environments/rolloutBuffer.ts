// What N environments did in T steps, to learn from once.

import { UsageError } from "../errors.ts";
import type { Batch } from "../data/dataLoader.ts";
import { type HostArray, rowsLike } from "../data/hostArray.ts";
import { requireCount } from "./checks.ts";

/** T times N rows with named fields, in the order they came: row t · N + n is step t of environment n. */
export class RolloutBuffer {
  readonly steps: number;
  #rows: Batch[] = [];

  /** @param steps  T. */
  constructor(steps: number) {
    requireCount("RolloutBuffer", "steps", steps);
    this.steps = steps;
  }

  /** Whether it holds T steps. */
  get isFull(): boolean {
    return this.#rows.length === this.steps;
  }

  /** Takes the N rows of a step. @throws {UsageError} if it is full. */
  add(rows: Batch): void {
    if (this.isFull) {
      throw new UsageError("RolloutBuffer.add", "there must be room", {
        got: `a step after ${this.steps}`,
        remedy: "Call take() when isFull.",
      });
    }
    this.#rows.push(rows);
  }

  /** All fields, `[T · N, …]`; the buffer is empty then. */
  take(): Batch {
    const rows = this.#rows;
    this.#rows = [];
    const entries = Object.keys(rows[0] ?? {}).map((name) => {
      return [name, joined(rows.map((step) => step[name] as HostArray))] as const;
    });
    return Object.fromEntries(entries);
  }
}

function joined(arrays: readonly HostArray[]): HostArray {
  const count = arrays.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  const all = rowsLike(arrays[0] as HostArray, count);
  let at = 0;
  for (const { data } of arrays) {
    all.data.set(data, at);
    at += data.length;
  }
  return all;
}
