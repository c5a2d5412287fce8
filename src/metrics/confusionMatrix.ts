// Examples by label and prediction, and all that follows from them.

import { sumOf } from "./averages.ts";
import { ConfusionMetric } from "./confusionMetric.ts";
import type { ConfusionOptions } from "./confusionCounts.ts";

/** What `ConfusionMatrix.details` gives: the matrix and a report per class. */
export interface ConfusionDetails {
  /** `[label][prediction]`. */
  readonly matrix: readonly (readonly number[])[];
  /** Examples per label without a prediction: a NaN among the scores, or a class out of range. */
  readonly unclassified: readonly number[];
  /** NaN for a class that never occurred, as in the next ones. */
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
  /** Labels per class. */
  readonly support: readonly number[];
}

/**
 * Counts of examples by label and prediction; the result is the accuracy, trace / total.
 *
 *     const confusion = new ConfusionMatrix();
 *     await evaluate({ model, data, metrics: [confusion] });
 *     const rows = await confusion.matrix();                  // rows[label][prediction]
 *
 * The counts are exact up to 2⁵³ and take 8 bytes per pair of classes on the GPU.
 */
export class ConfusionMatrix extends ConfusionMetric {
  constructor(options: ConfusionOptions = {}) {
    super("ConfusionMatrix", "confusionMatrix", options);
  }

  async result(): Promise<number> {
    const table = await this.table();
    return sumOf(table.hits) / table.total;
  }

  /** `[label][prediction]`; no rows before the first update unless `classes` was told. */
  async matrix(): Promise<number[][]> {
    return (await this.table()).matrix();
  }

  async details(): Promise<ConfusionDetails> {
    const table = await this.table();
    return {
      matrix: table.matrix(),
      unclassified: table.unclassified,
      precision: table.precision(),
      recall: table.recall(),
      f1: table.f1(),
      support: table.support,
    };
  }
}
