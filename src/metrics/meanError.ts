// Differences of predictions and targets, and their mean.

import { sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Mean } from "./mean.ts";
import { requireSameShape } from "./requirements.ts";

/** The mean of a function of the differences of predictions and targets. */
export class MeanError {
  readonly #op: string;
  readonly #mean: Mean = new Mean();

  constructor(op: string) {
    this.#op = op;
  }

  reset(): void {
    this.#mean.reset();
  }

  update(predictions: Tensor, targets: Tensor, measure: (difference: Tensor) => Tensor): void {
    requireSameShape(this.#op, predictions, targets);
    untaped(() =>
      scope(() => this.#mean.update(measure(sub(cast(predictions, "f32"), cast(targets, "f32"))))),
    );
  }

  result(): Promise<number> {
    return this.#mean.result();
  }
}
