// What a confusion matrix says of each class.

import { sumOf } from "./averages.ts";

/** Examples by label (rows) and prediction (columns), on the host. */
export class ConfusionTable {
  readonly classes: number;
  readonly #cells: Float64Array;
  /** Examples per label. */
  readonly support: readonly number[];
  /** Examples per prediction. */
  readonly predicted: readonly number[];
  /** Right predictions per class. */
  readonly hits: readonly number[];
  /** Examples per label that were given no class. */
  readonly unclassified: readonly number[];
  readonly total: number;

  /** @param cells  per label one count for each prediction, then one for none. */
  constructor(classes: number, cells: Float64Array) {
    this.classes = classes;
    this.#cells = cells;
    const all = Array.from({ length: classes }, (_, i) => i);
    this.unclassified = all.map((label) => this.at(label, classes));
    this.support = all.map((label) => {
      return (
        sumOf(all.map((column) => this.at(label, column))) + (this.unclassified[label] as number)
      );
    });
    this.predicted = all.map((column) => sumOf(all.map((label) => this.at(label, column))));
    this.hits = all.map((label) => this.at(label, label));
    this.total = sumOf(this.support);
  }

  at(label: number, column: number): number {
    return this.#cells[label * (this.classes + 1) + column] as number;
  }

  matrix(): number[][] {
    return this.hits.map((_, label) => this.hits.map((__, column) => this.at(label, column)));
  }

  /** Per class hits / predictions; NaN for a class that does not occur at all. */
  precision(): number[] {
    return this.#each(({ hits, predicted }) => hits / (predicted || 1));
  }

  /** Per class hits / labels; NaN for a class that does not occur at all. */
  recall(): number[] {
    return this.#each(({ hits, support }) => hits / (support || 1));
  }

  /** Per class 2·hits / (predictions + labels); NaN for a class that does not occur at all. */
  f1(): number[] {
    return this.#each(({ hits, predicted, support }) => (2 * hits) / (predicted + support));
  }

  /** Per class hits / (predictions or labels); NaN for a class that does not occur at all. */
  intersectionOverUnion(): number[] {
    return this.#each(({ hits, predicted, support }) => hits / (predicted + support - hits));
  }

  #each(value: (of: { hits: number; predicted: number; support: number }) => number): number[] {
    return this.hits.map((hits, i) => {
      const [predicted, support] = [this.predicted[i] as number, this.support[i] as number];
      return predicted + support === 0 ? NaN : value({ hits, predicted, support });
    });
  }
}
