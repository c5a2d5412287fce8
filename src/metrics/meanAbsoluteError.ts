// Mean absolute error of predictions.

import { abs } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MeanError } from "./meanError.ts";
import type { Metric } from "./metric.ts";

/** (1/N) Σ |prediction − target| over all elements. */
export class MeanAbsoluteError implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #mean: MeanError = new MeanError("MeanAbsoluteError");

  constructor(name = "meanAbsoluteError") {
    this.name = name;
  }

  reset(): void {
    this.#mean.reset();
  }

  /** @throws {ShapeError} unless predictions and targets have the same shape. */
  update(predictions: Tensor, targets: Tensor): void {
    this.#mean.update(predictions, targets, abs);
  }

  result(): Promise<number> {
    return this.#mean.result();
  }
}
