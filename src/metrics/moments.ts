// Mean and covariance of rows, accumulated on the GPU.

import { assign } from "../ops/assign.ts";
import { equal, sub } from "../ops/binary.ts";
import { full, ones, zeros } from "../ops/creation.ts";
import { matmul } from "../ops/matmul.ts";
import { slice } from "../ops/slice.ts";
import { sum } from "../ops/sum.ts";
import { square } from "../ops/unary.ts";
import { where } from "../ops/where.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { CompensatedSum } from "./compensatedSum.ts";
import { Counts } from "./counts.ts";
import { requireRows } from "./requirements.ts";

/** What rows look like as a whole, in f64. */
export interface MomentValues {
  readonly count: number;
  readonly mean: Float64Array;
  /**
   * Σ (x − mean)² per column, or, row by row, Σ (x − mean)(x − mean)ᵀ: the variance or covariance
   * before it is divided.
   */
  readonly spread: Float64Array;
}

interface State {
  readonly shift: Variable;
  readonly isShifted: Variable;
  readonly sums: CompensatedSum;
  readonly products: CompensatedSum;
  readonly count: Counts;
}

/**
 * Sums and products of the rows less the very first row, so that a large mean does not drown a small
 * variance:
 *
 *   Σ (x − m)² = Σ (x − k)² − (Σ (x − k))²/n
 *
 * @see Chan, Golub & LeVeque 1983, Algorithms for Computing the Sample Variance.
 */
export class Moments {
  readonly #op: string;
  readonly #isJoint: boolean;
  #state: State | undefined;
  #columns: number | undefined;

  /** @param isJoint  whether columns are multiplied with each other too. */
  constructor(op: string, isJoint: boolean) {
    this.#op = op;
    this.#isJoint = isJoint;
  }

  /** Numbers per row; undefined before the first. */
  get columns(): number | undefined {
    return this.#columns;
  }

  reset(): void {
    if (this.#state === undefined) return;
    const { sums, products, count, isShifted } = this.#state;
    for (const one of [sums, products, count]) one.reset();
    scope(() => assign(isShifted, zeros([])));
  }

  /** @param rows  `[n, columns]` f32. */
  add(rows: Tensor): void {
    requireRows(this.#op, rows, this.#columns);
    const [n, columns] = rows.shape as [number, number];
    this.#columns = columns;
    this.#state ??= makeState(columns, this.#isJoint);
    if (rows.size === 0) return;
    const { shift, isShifted, sums, products, count } = this.#state;
    assign(shift, where(equal(isShifted, 1), shift, slice(rows, [0])));
    assign(isShifted, ones([]));
    const x = sub(rows, shift);
    sums.add(sum(x, 0));
    products.add(this.#isJoint ? matmul(x, x, { transposeA: true }) : sum(square(x), 0));
    count.add(full([], n, "u32"));
  }

  async read(): Promise<MomentValues> {
    if (this.#state === undefined || this.#columns === undefined) {
      return { count: 0, mean: new Float64Array(0), spread: new Float64Array(0) };
    }
    const { shift, sums, products, count } = this.#state;
    const [shifts, totals, squares, [n]] = await Promise.all([
      ...([shift.data(), sums.read(), products.read(), count.read()] as const),
    ]);
    const columns = this.#columns;
    const mean = totals.map((total, i) => (shifts[i] as number) + total / (n as number));
    const spread = squares.map((product, at) => {
      const [i, j] = this.#isJoint ? [Math.floor(at / columns), at % columns] : [at, at];
      return product - ((totals[i] as number) * (totals[j] as number)) / (n as number);
    });
    return { count: n as number, mean, spread };
  }
}

function makeState(columns: number, isJoint: boolean): State {
  const zero = (shape: readonly number[]): Variable =>
    new Variable(
      scope(() => zeros(shape)),
      { trainable: false },
    );
  return {
    shift: zero([columns]),
    isShifted: zero([]),
    sums: new CompensatedSum([columns]),
    products: new CompensatedSum(isJoint ? [columns, columns] : [columns]),
    count: new Counts(),
  };
}
