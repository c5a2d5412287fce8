// How many predictions of a class are right.

import { sumOf } from "./averages.ts";
import {
  type ClassAverageOptions,
  type ClassDetails,
  ConfusionMetric,
  averageClasses,
  requireAverage,
} from "./confusionMetric.ts";

/**
 * Precision, the share of hits among the predictions of a class, averaged over classes.
 *
 *   hits / predictions, and 0 for a class that is never predicted
 *
 * @see van Rijsbergen 1979, Information Retrieval, ch. 7.
 */
export class Precision extends ConfusionMetric {
  readonly #options: ClassAverageOptions;

  constructor(options: ClassAverageOptions = {}) {
    requireAverage("Precision", options);
    super("Precision", "precision", options);
    this.#options = options;
  }

  async result(): Promise<number> {
    const table = await this.table();
    const micro = sumOf(table.hits) / sumOf(table.predicted);
    return averageClasses(table, table.precision(), micro, this.#options);
  }

  async details(): Promise<ClassDetails> {
    const table = await this.table();
    return { perClass: table.precision(), support: table.support };
  }
}
