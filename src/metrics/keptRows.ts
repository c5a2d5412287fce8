// Rows of all batches, kept on the GPU until the end of an evaluation.

import { UsageError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { concat } from "../ops/slice.ts";
import { contiguous } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { requireRows } from "./requirements.ts";

/** Batches that are joined into one piece: small buffers waste memory, and are slow to read. */
const JOINED = 64;

/** `[rows, columns]` f32 that grows batch by batch: 4 bytes on the GPU for every number. */
export class KeptRows {
  readonly #op: string;
  readonly #pieces: Variable[] = [];
  #recent: Variable[] = [];
  #columns: number | undefined;

  constructor(op: string) {
    this.#op = op;
  }

  /** Numbers per row; undefined before the first. */
  get columns(): number | undefined {
    return this.#columns;
  }

  get rows(): number {
    return this.#all().reduce((total, piece) => total + (piece.shape[0] as number), 0);
  }

  reset(): void {
    for (const piece of this.#all()) piece.dispose();
    this.#pieces.length = 0;
    this.#recent = [];
    this.#columns = undefined;
  }

  /**
   * @param rows  `[n, columns]` f32.
   * @throws {UsageError} in a compiled function: a replay would keep nothing.
   */
  add(rows: Tensor): void {
    if (device().recorder.trace !== undefined) {
      throw new UsageError(this.#op, "this metric cannot be part of a compiled function", {
        remedy: "Return what it needs, and update it outside.",
      });
    }
    requireRows(this.#op, rows, this.#columns);
    this.#columns = rows.shape[1] as number;
    if (rows.size === 0) return;
    this.#recent.push(keep(rows));
    if (this.#recent.length < JOINED) return;
    this.#pieces.push(scope(() => keep(concat(this.#recent))));
    for (const piece of this.#recent) piece.dispose();
    this.#recent = [];
  }

  /** All rows as one tensor; undefined if there are none. */
  joined(): Tensor | undefined {
    const all = this.#all();
    return all.length === 0 ? undefined : concat(all);
  }

  /** All rows in the order they came, on the host. */
  async read(): Promise<Float32Array> {
    const parts = await Promise.all(this.#all().map((piece) => piece.data()));
    const values = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part, at);
      at += part.length;
    }
    return values;
  }

  #all(): Variable[] {
    return [...this.#pieces, ...this.#recent];
  }
}

function keep(rows: Tensor): Variable {
  return new Variable(contiguous(rows), { name: "rows", trainable: false });
}
