// Accuracy in which every class counts alike.

import { meanOfKnown } from "./averages.ts";
import { type ClassDetails, ConfusionMetric } from "./confusionMetric.ts";
import type { ConfusionOptions } from "./confusionCounts.ts";
import type { ConfusionTable } from "./confusionTable.ts";

/** Options of `BalancedAccuracy`. */
export interface BalancedAccuracyOptions extends ConfusionOptions {
  /** 0 for guessing rather than 1 / classes, and 1 for no mistake. Default false. */
  readonly isAdjusted?: boolean;
}

/**
 * Mean recall over the classes that occur among the labels.
 *
 *   (1/C) Σ_c hits_c / labels_c;  adjusted (that − 1/C) / (1 − 1/C)
 *
 * @see Brodersen et al. 2010, The balanced accuracy and its posterior distribution.
 */
export class BalancedAccuracy extends ConfusionMetric {
  readonly #isAdjusted: boolean;

  constructor(options: BalancedAccuracyOptions = {}) {
    super("BalancedAccuracy", "balancedAccuracy", options);
    this.#isAdjusted = options.isAdjusted ?? false;
  }

  async result(): Promise<number> {
    const recalls = recallOfLabels(await this.table());
    const chance = 1 / recalls.filter((recall) => !Number.isNaN(recall)).length;
    const mean = meanOfKnown(recalls);
    return this.#isAdjusted ? (mean - chance) / (1 - chance) : mean;
  }

  /** Recall per class; NaN for one that is never a label. */
  async details(): Promise<ClassDetails> {
    const table = await this.table();
    return { perClass: recallOfLabels(table), support: table.support };
  }
}

function recallOfLabels(table: ConfusionTable): number[] {
  return table.recall().map((recall, i) => (table.support[i] === 0 ? NaN : recall));
}
