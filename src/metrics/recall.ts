// How many examples of a class are found.

import { sumOf } from "./averages.ts";
import {
  type ClassAverageOptions,
  type ClassDetails,
  ConfusionMetric,
  averageClasses,
  requireAverage,
} from "./confusionMetric.ts";

/**
 * Recall, the share of hits among the labels of a class, averaged over classes.
 *
 *   hits / labels, and 0 for a class that is predicted but never a label
 *
 * @see van Rijsbergen 1979, Information Retrieval, ch. 7.
 */
export class Recall extends ConfusionMetric {
  readonly #options: ClassAverageOptions;

  constructor(options: ClassAverageOptions = {}) {
    requireAverage("Recall", options);
    super("Recall", "recall", options);
    this.#options = options;
  }

  async result(): Promise<number> {
    const table = await this.table();
    return averageClasses(table, table.recall(), sumOf(table.hits) / table.total, this.#options);
  }

  async details(): Promise<ClassDetails> {
    const table = await this.table();
    return { perClass: table.recall(), support: table.support };
  }
}
