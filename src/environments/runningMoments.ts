// Mean and variance of numbers that come one after the other.

import { ShapeError } from "../errors.ts";

/** Moments so far; plain JSON. */
export interface MomentsState {
  readonly count: number;
  readonly mean: readonly number[];
  /** Σ (x − mean)². */
  readonly squares: readonly number[];
}

/**
 * Mean and variance per element of all vectors seen.
 *
 *   μₙ = μₙ₋₁ + (x − μₙ₋₁)/n          Sₙ = Sₙ₋₁ + (x − μₙ₋₁)(x − μₙ)          σ² = Sₙ/n
 *
 * @see Welford 1962, Note on a method for calculating corrected sums of squares and products.
 */
export class RunningMoments {
  #count = 0;
  #mean: Float64Array;
  #squares: Float64Array;

  /** @param size  length of the vectors. */
  constructor(size: number) {
    this.#mean = new Float64Array(size);
    this.#squares = new Float64Array(size);
  }

  /** Takes a vector into account. @throws {ShapeError} if it is of another length. */
  update(x: ArrayLike<number>): void {
    if (x.length !== this.#mean.length) {
      throw new ShapeError("RunningMoments.update", "vectors must be of the size given", {
        got: `${x.length} numbers for ${this.#mean.length}`,
      });
    }
    this.#count++;
    for (let i = 0; i < x.length; i++) {
      const [value, before] = [x[i] as number, this.#mean[i] as number];
      const mean = before + (value - before) / this.#count;
      this.#mean[i] = mean;
      this.#squares[i] = (this.#squares[i] as number) + (value - before) * (value - mean);
    }
  }

  /** (x − μ)/√(σ² + epsilon), within ±limit; x itself before the first update. */
  normalize(x: ArrayLike<number>, epsilon = 1e-8, limit = 10): Float32Array {
    return Float32Array.from(x, (value, i) => {
      if (this.#count === 0) return value;
      const variance = (this.#squares[i] as number) / this.#count;
      const normal = (value - (this.#mean[i] as number)) / Math.sqrt(variance + epsilon);
      return Math.max(-limit, Math.min(limit, normal));
    });
  }

  /** Everything that decides what comes next. */
  state(): MomentsState {
    return { count: this.#count, mean: [...this.#mean], squares: [...this.#squares] };
  }

  /** Goes on exactly where `state` was taken. */
  restore(state: MomentsState): void {
    this.#count = state.count;
    this.#mean = Float64Array.from(state.mean);
    this.#squares = Float64Array.from(state.squares);
  }
}
