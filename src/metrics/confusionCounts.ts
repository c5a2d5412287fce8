// A confusion matrix counted on the GPU.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { add, greaterEqual, less, logicalAnd, mul } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { full } from "../ops/creation.ts";
import { binCount } from "../ops/segments.ts";
import { untaped } from "../ops/tape.ts";
import { where } from "../ops/where.ts";
import { isFloat, requireDtype } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ConfusionTable } from "./confusionTable.ts";
import { Counts } from "./counts.ts";
import {
  type LabelOptions,
  predictedClasses,
  requireInside,
  requireLabels,
  sortLabels,
} from "./labels.ts";
import { requireCount } from "./requirements.ts";

/** Options of metrics that come from a confusion matrix. */
export interface ConfusionOptions extends LabelOptions {
  /** Default: as many as the first scores have columns. Predicted classes do not tell it. */
  readonly classes?: number;
}

/** More classes would need more cells than i32 can number. */
const MAX_CLASSES = 46_000;

/** Examples by label and prediction, 8 bytes on the GPU for every pair. */
export class ConfusionCounts {
  readonly #op: string;
  readonly #options: ConfusionOptions;
  #classes: number | undefined;
  /** Per label one count for each prediction and one for none; then the labels outside. */
  #counts: Counts | undefined;

  constructor(op: string, options: ConfusionOptions) {
    if (options.classes !== undefined) requireCount(op, "classes", options.classes);
    this.#op = op;
    this.#options = options;
    this.#classes = options.classes;
  }

  reset(): void {
    this.#counts?.reset();
  }

  /**
   * @param outputs  `[…, classes]` scores, or `[…]` i32 or u32 predicted classes.
   * @param labels   `[…]` i32 or u32 class indices.
   */
  update(outputs: Tensor, labels: Tensor): void {
    const classes = this.#requireClasses(outputs, labels);
    const cells = classes * (classes + 1) + 1;
    this.#counts ??= new Counts([cells]);
    const counts = this.#counts;
    untaped(() =>
      scope(() => {
        const { ids, isCounted, isOutside } = sortLabels(labels, classes, this.#options);
        const predicted = isFloat(outputs.dtype) ? predictedClasses(outputs) : cast(outputs, "i32");
        const isClass = logicalAnd(greaterEqual(predicted, 0), less(predicted, classes));
        const cell = add(mul(ids, classes + 1), where(isClass, predicted, classes));
        // What has no cell is not counted.
        const none = where(isOutside, full([], cells - 1, "i32"), full([], cells, "i32"));
        counts.add(binCount(where(isCounted, cell, none), cells));
      }),
    );
  }

  /** @throws {DataError} if labels outside of the classes have come. */
  async read(): Promise<ConfusionTable> {
    const classes = this.#classes ?? 0;
    const cells = await this.#counts?.read();
    requireInside(this.#op, cells?.at(-1) ?? 0, classes);
    return new ConfusionTable(classes, cells ?? new Float64Array(classes * (classes + 1)));
  }

  #requireClasses(outputs: Tensor, labels: Tensor): number {
    if (isFloat(outputs.dtype)) {
      const columns = requireLabels(this.#op, outputs, labels);
      this.#classes ??= columns;
      if (this.#classes !== columns) {
        const got = `scores ${shapeText(outputs.shape)} for ${this.#classes} classes`;
        throw new ShapeError(this.#op, "scores must have one column per class", { got });
      }
    } else {
      for (const { dtype } of [outputs, labels]) requireDtype(this.#op, dtype, ["i32", "u32"]);
      if (!sameShape(outputs.shape, labels.shape)) {
        const got = `${shapeText(outputs.shape)} and ${shapeText(labels.shape)}`;
        const rule = "predicted classes and labels must have the same shape";
        throw new ShapeError(this.#op, rule, { got });
      }
    }
    if (this.#classes === undefined || this.#classes > MAX_CLASSES) {
      throw new UsageError(this.#op, `classes must be told, at most ${MAX_CLASSES}`, {
        got: `${this.#classes}`,
        remedy: "Pass { classes }, or scores instead of predicted classes.",
      });
    }
    return this.#classes;
  }
}
