// Mean negative log-likelihood.

import type { Tensor } from "../tensor/tensor.ts";
import type { Metric } from "./metric.ts";
import { RowLoss, type RowLossOptions } from "./rowLoss.ts";

/**
 * Mean negative log-likelihood of the labels, in nats.
 *
 *   −(1/N) Σₙ log pₙ[labelₙ]
 *
 * Probabilities are clipped to [ε, 1 − ε] with ε = 2⁻²³; logits are not, so that nothing is lost.
 *
 * @see Bishop 2006, Pattern Recognition and Machine Learning, §4.3.4.
 */
export class LogLoss implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #loss: RowLoss;

  constructor(options: RowLossOptions = {}) {
    this.name = options.name ?? "logLoss";
    this.#loss = new RowLoss("LogLoss", options);
  }

  reset(): void {
    this.#loss.reset();
  }

  /**
   * @param scores  `[…, classes]`, or `[…]` for class 1 of two.
   * @param labels  `[…]` i32 or u32 class indices.
   * @throws {ShapeError} unless there is one label per row.
   */
  update(scores: Tensor, labels: Tensor): void {
    this.#loss.update(scores, labels);
  }

  /** @throws {DataError} if labels outside of the classes have come. */
  async result(): Promise<number> {
    const { total, count } = await this.#loss.read();
    return total / count;
  }
}
