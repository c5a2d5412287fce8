// Share of right predictions.

import { equal } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { argMax } from "../ops/reduce.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Mean, type Metric } from "./mean.ts";

/** Fraction of rows whose largest logit is at the label. */
export class Accuracy implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #mean: Mean;

  constructor(name = "accuracy") {
    this.name = name;
    this.#mean = new Mean(name);
  }

  reset(): void {
    this.#mean.reset();
  }

  /**
   * @param logits  `[…, classes]`.
   * @param labels  `[…]` i32 class indices.
   */
  update(logits: Tensor, labels: Tensor): void {
    untaped(() =>
      scope(() => {
        const hits = equal(argMax(logits, -1), cast(labels, "i32"));
        this.#mean.update(cast(hits, "f32"));
      }),
    );
  }

  result(): Promise<number> {
    return this.#mean.result();
  }
}
