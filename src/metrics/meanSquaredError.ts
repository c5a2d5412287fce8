// Mean squared error of predictions, and its root.

import { square } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MeanError } from "./meanError.ts";
import type { Metric } from "./metric.ts";

/** (1/N) Σ (prediction − target)² over all elements. */
export class MeanSquaredError implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #mean: MeanError = new MeanError("MeanSquaredError");

  constructor(name = "meanSquaredError") {
    this.name = name;
  }

  reset(): void {
    this.#mean.reset();
  }

  /** @throws {ShapeError} unless predictions and targets have the same shape. */
  update(predictions: Tensor, targets: Tensor): void {
    this.#mean.update(predictions, targets, square);
  }

  result(): Promise<number> {
    return this.#mean.result();
  }
}

/** √((1/N) Σ (prediction − target)²) over all elements: the root is taken once, at the end. */
export class RootMeanSquaredError implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #mean: MeanError = new MeanError("RootMeanSquaredError");

  constructor(name = "rootMeanSquaredError") {
    this.name = name;
  }

  reset(): void {
    this.#mean.reset();
  }

  /** @throws {ShapeError} unless predictions and targets have the same shape. */
  update(predictions: Tensor, targets: Tensor): void {
    this.#mean.update(predictions, targets, square);
  }

  async result(): Promise<number> {
    return Math.sqrt(await this.#mean.result());
  }
}
