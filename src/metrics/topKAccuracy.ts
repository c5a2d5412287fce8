// Share of labels among the k best predictions.

import { UsageError } from "../errors.ts";
import { equal, greater, less, logicalAnd, logicalOr } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { arange } from "../ops/creation.ts";
import { takeAlongAxis } from "../ops/elements.ts";
import { isNaN } from "../ops/finite.ts";
import { any } from "../ops/reduce.ts";
import { sum } from "../ops/sum.ts";
import { logicalNot } from "../ops/unary.ts";
import { expandDims } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { HitRate } from "./hitRate.ts";
import type { LabelOptions } from "./labels.ts";
import type { Metric } from "./metric.ts";
import { requireCount } from "./requirements.ts";

/** Options of `TopKAccuracy`. */
export interface TopKAccuracyOptions extends LabelOptions {
  /** Predictions per row, from 1 to the number of classes. Default 5. */
  readonly k?: number;
}

/**
 * Fraction of rows in which fewer than k logits come before the label's: larger ones, and equal ones of
 * lower classes, so that k = 1 is `Accuracy`. A row with a NaN is no hit.
 *
 * @see Russakovsky et al. 2015, ImageNet Large Scale Visual Recognition Challenge.
 */
export class TopKAccuracy implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly k: number;
  readonly #rate: HitRate;

  constructor(options: TopKAccuracyOptions = {}) {
    const { k = 5, name = `top${k}Accuracy` } = options;
    requireCount("TopKAccuracy", "k", k);
    this.name = name;
    this.k = k;
    this.#rate = new HitRate("TopKAccuracy", options);
  }

  reset(): void {
    this.#rate.reset();
  }

  /**
   * @param logits  `[…, classes]`.
   * @param labels  `[…]` i32 or u32 class indices.
   * @throws {ShapeError} unless there is one label per row.
   * @throws {UsageError} if there are fewer than k classes.
   */
  update(logits: Tensor, labels: Tensor): void {
    const classes = logits.shape.at(-1) ?? 0;
    if (classes < this.k) {
      throw new UsageError("TopKAccuracy", "there must be at least k classes", {
        got: `${classes} classes for k = ${this.k}`,
      });
    }
    this.#rate.update(logits, labels, (scores, ids) => {
      const hits = less(precedingScores(scores, ids), this.k);
      return logicalAnd(hits, logicalNot(any(isNaN(scores), -1)));
    });
  }

  /** @throws {DataError} if labels outside of the classes have come. */
  result(): Promise<number> {
    return this.#rate.result();
  }
}

/** How many scores of its row come before each label's. */
function precedingScores(scores: Tensor, ids: Tensor): Tensor {
  const classes = arange(0, scores.shape.at(-1) as number, 1, "i32");
  const labels = expandDims(ids, -1);
  const own = takeAlongAxis(scores, labels);
  const isFirst = logicalAnd(equal(scores, own), less(classes, labels));
  return sum(cast(logicalOr(greater(scores, own), isFirst), "i32"), -1);
}
