// A running mean on the GPU.

import { cast } from "../ops/cast.ts";
import { full } from "../ops/creation.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { CompensatedSum } from "./compensatedSum.ts";
import { Counts } from "./counts.ts";
import type { Metric } from "./metric.ts";

/** Mean of all elements it is given; NaN before the first. */
export class Mean implements Metric<[Tensor]> {
  readonly name: string;
  readonly #sum: CompensatedSum = new CompensatedSum();
  readonly #count: Counts = new Counts();

  constructor(name = "mean") {
    this.name = name;
  }

  reset(): void {
    this.#sum.reset();
    this.#count.reset();
  }

  /** @param values  any shape and dtype; bools count as 0 and 1. */
  update(values: Tensor): void {
    untaped(() =>
      scope(() => {
        this.#sum.add(sum(cast(values, "f32")));
        this.#count.add(full([], values.size, "u32"));
      }),
    );
  }

  async result(): Promise<number> {
    const [[total], [count]] = await Promise.all([this.#sum.read(), this.#count.read()]);
    return (total as number) / (count as number);
  }
}
