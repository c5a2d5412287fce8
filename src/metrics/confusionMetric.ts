// What metrics that come from a confusion matrix share.

import type { Tensor } from "../tensor/tensor.ts";
import { meanOfKnown, sumOf } from "./averages.ts";
import { ConfusionCounts, type ConfusionOptions } from "./confusionCounts.ts";
import type { ConfusionTable } from "./confusionTable.ts";
import type { Metric } from "./metric.ts";
import { requireChoice, requireClass } from "./requirements.ts";

/** A metric that reads its result off a confusion matrix. */
export abstract class ConfusionMetric implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #counts: ConfusionCounts;

  constructor(op: string, name: string, options: ConfusionOptions) {
    this.name = options.name ?? name;
    this.#counts = new ConfusionCounts(op, options);
  }

  reset(): void {
    this.#counts.reset();
  }

  /**
   * @param outputs  `[…, classes]` scores, of which the largest is the prediction (a row with a NaN has
   *                 none), or `[…]` i32 or u32 predicted classes.
   * @param labels   `[…]` i32 or u32 class indices.
   * @throws {ShapeError} unless there is one label per prediction.
   * @throws {UsageError} if predicted classes come first and `classes` was not told.
   */
  update(outputs: Tensor, labels: Tensor): void {
    this.#counts.update(outputs, labels);
  }

  /** @throws {DataError} if labels outside of the classes have come. */
  abstract result(): Promise<number>;

  /** @internal */
  protected table(): Promise<ConfusionTable> {
    return this.#counts.read();
  }
}

/** Options of metrics that are averages over classes. */
export interface ClassAverageOptions extends ConfusionOptions {
  /**
   * "macro": the mean over classes that occur as label or prediction. "weighted": each class counts by
   * its labels. "micro": hits, predictions and labels of all classes together. The values per class are
   * in `details()`. Default "macro".
   */
  readonly average?: "micro" | "macro" | "weighted";
  /** The class whose value alone is the result, as in tasks of two classes. Default: none. */
  readonly positive?: number;
}

/** Values of a metric by class. */
export interface ClassDetails {
  /** NaN for a class that never occurred. */
  readonly perClass: readonly number[];
  /** Labels per class. */
  readonly support: readonly number[];
}

/** @throws {UsageError} if an option of averages is none. */
export function requireAverage(op: string, options: ClassAverageOptions): void {
  const { average = "macro", positive = 0 } = options;
  requireChoice(op, "average", average, ["micro", "macro", "weighted"]);
  requireClass(op, "positive", positive);
}

/** One number for the values of all classes; `micro` is that of all classes together. */
export function averageClasses(
  table: ConfusionTable,
  perClass: readonly number[],
  micro: number,
  { average = "macro", positive }: ClassAverageOptions,
): number {
  if (positive !== undefined) return perClass[positive] ?? NaN;
  if (average === "micro") return micro;
  return average === "macro"
    ? meanOfKnown(perClass)
    : sumOf(
        perClass.map((value, i) =>
          table.support[i] === 0 ? 0 : value * (table.support[i] as number),
        ),
      ) / table.total;
}
