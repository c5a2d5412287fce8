// Precision and recall in one number.

import { sumOf } from "./averages.ts";
import {
  type ClassAverageOptions,
  type ClassDetails,
  ConfusionMetric,
  averageClasses,
  requireAverage,
} from "./confusionMetric.ts";

/**
 * F₁, the harmonic mean of precision and recall of a class, averaged over classes.
 *
 *   2·hits / (predictions + labels)
 *
 * @see van Rijsbergen 1979, Information Retrieval, ch. 7 (the measure E, of which it is 1 − E).
 */
export class F1 extends ConfusionMetric {
  readonly #options: ClassAverageOptions;

  constructor(options: ClassAverageOptions = {}) {
    requireAverage("F1", options);
    super("F1", "f1", options);
    this.#options = options;
  }

  async result(): Promise<number> {
    const table = await this.table();
    const micro = (2 * sumOf(table.hits)) / (sumOf(table.predicted) + table.total);
    return averageClasses(table, table.f1(), micro, this.#options);
  }

  async details(): Promise<ClassDetails> {
    const table = await this.table();
    return { perClass: table.f1(), support: table.support };
  }
}
