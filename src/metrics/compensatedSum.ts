// Long sums on the GPU that keep what rounding would lose.

import { assign } from "../ops/assign.ts";
import { add } from "../ops/binary.ts";
import { zeros } from "../ops/creation.ts";
import { roundingError } from "../ops/roundingError.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/**
 * Running sums of f32 numbers in two f32 each, the sum and what it leaves out: about 48 bits, however
 * many numbers are added.
 *
 * @see Dekker 1971, A floating-point technique for extending the available precision.
 */
export class CompensatedSum {
  readonly #total: Variable;
  readonly #error: Variable;

  constructor(shape: Shape = []) {
    const zero = (): Variable =>
      new Variable(
        scope(() => zeros(shape)),
        { trainable: false },
      );
    this.#total = zero();
    this.#error = zero();
  }

  reset(): void {
    scope(() => {
      for (const part of [this.#total, this.#error]) assign(part, zeros(part.shape));
    });
  }

  /** @param change  f32 of the shape. */
  add(change: Tensor): void {
    const rounded = add(this.#total, change);
    const error = add(this.#error, roundingError(this.#total, change));
    assign(this.#error, roundingError(rounded, error));
    assign(this.#total, add(rounded, error));
  }

  /** The sums in row-major order. */
  async read(): Promise<Float64Array> {
    const [total, error] = await Promise.all([this.#total.data(), this.#error.data()]);
    return Float64Array.from(total, (sum, i) => sum + (error[i] as number));
  }
}
