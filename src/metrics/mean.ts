// A running mean on the GPU.

import { add } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { assign } from "../ops/assign.ts";
import { stack } from "../ops/slice.ts";
import { full, zeros } from "../ops/creation.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** What evaluation accumulates: nothing leaves the GPU before `result`. */
export interface Metric<Args extends readonly Tensor[] = readonly Tensor[]> {
  readonly name: string;
  reset(): void;
  update(...args: Args): void;
  result(): Promise<number>;
}

/** Mean of all elements it is given; NaN before the first. */
export class Mean implements Metric<[Tensor]> {
  readonly name: string;
  /** [sum, count]. */
  readonly #state: Variable;

  constructor(name = "mean") {
    this.name = name;
    this.#state = new Variable(
      scope(() => zeros([2])),
      { name, trainable: false },
    );
  }

  reset(): void {
    scope(() => assign(this.#state, zeros([2])));
  }

  update(values: Tensor): void {
    untaped(() =>
      scope(() => {
        const batch = stack([sum(cast(values, "f32")), full([], values.size)]);
        assign(this.#state, add(this.#state, batch));
      }),
    );
  }

  async result(): Promise<number> {
    const [total, count] = (await this.#state.data()) as Float32Array;
    return (total as number) / (count as number);
  }
}
