// Share of right predictions.

import { equal } from "../ops/binary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { HitRate } from "./hitRate.ts";
import { type LabelOptions, predictedClasses } from "./labels.ts";
import type { Metric } from "./metric.ts";

/**
 * Fraction of rows whose largest logit is at the label. A row with a NaN predicts nothing, and of
 * equal logits the first counts as the largest.
 *
 *     new Accuracy()                        // named "accuracy"
 *     new Accuracy({ ignoreIndex: -1 })     // tokens that padding adds do not count
 */
export class Accuracy implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #rate: HitRate;

  /** @param options  or the name alone. */
  constructor(options: string | LabelOptions = {}) {
    const given = typeof options === "string" ? { name: options } : options;
    this.name = given.name ?? "accuracy";
    this.#rate = new HitRate("Accuracy", given);
  }

  reset(): void {
    this.#rate.reset();
  }

  /**
   * @param logits  `[…, classes]`.
   * @param labels  `[…]` i32 or u32 class indices.
   * @throws {ShapeError} unless there is one label per row.
   */
  update(logits: Tensor, labels: Tensor): void {
    this.#rate.update(logits, labels, (scores, ids) => equal(predictedClasses(scores), ids));
  }

  /** @throws {DataError} if labels outside of the classes have come. */
  result(): Promise<number> {
    return this.#rate.result();
  }
}
