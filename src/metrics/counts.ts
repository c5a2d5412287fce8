// Counting on the GPU beyond what an f32 or a u32 holds.

import { assign } from "../ops/assign.ts";
import { add, less } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { zeros } from "../ops/creation.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** Whole numbers that only grow, exact up to 2⁵³: of each a u32 and how often it ran over. */
export class Counts {
  readonly #low: Variable;
  readonly #high: Variable;

  constructor(shape: Shape = []) {
    const zero = (): Variable => new Variable(scope(() => zeros(shape, "u32")));
    this.#low = zero();
    this.#high = zero();
  }

  reset(): void {
    scope(() => {
      for (const part of [this.#low, this.#high]) assign(part, zeros(part.shape, "u32"));
    });
  }

  /** @param change  bool, i32 or u32 of the shape, no element negative. */
  add(change: Tensor): void {
    const low = add(this.#low, cast(change, "u32"));
    assign(this.#high, add(this.#high, cast(less(low, this.#low), "u32")));
    assign(this.#low, low);
  }

  /** The counts in row-major order. */
  async read(): Promise<Float64Array> {
    const [low, high] = await Promise.all([this.#low.data(), this.#high.data()]);
    return Float64Array.from(low, (count, i) => (high[i] as number) * 2 ** 32 + count);
  }
}
