// How much of the targets' variation predictions explain.

import type { Tensor } from "../tensor/tensor.ts";
import { meanOf } from "./averages.ts";
import type { Metric } from "./metric.ts";
import { OutputErrors, type OutputDetails, explained } from "./outputErrors.ts";

/**
 * Coefficient of determination, 1 for perfect predictions, 0 for those of the mean.
 *
 *   R² = 1 − Σ (target − prediction)² / Σ (target − mean of targets)²
 *
 * Several outputs are averaged. Where targets are all the same it is 1 without and 0 with an error; NaN
 * for fewer than two examples.
 *
 * @see Draper & Smith 1998, Applied Regression Analysis, ch. 1.
 */
export class R2 implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #errors: OutputErrors = new OutputErrors("R2");

  constructor(name = "r2") {
    this.name = name;
  }

  reset(): void {
    this.#errors.reset();
  }

  /**
   * @param predictions  `[n]` or `[…, outputs]`.
   * @param targets      the same.
   * @throws {ShapeError} unless they have the same shape.
   */
  update(predictions: Tensor, targets: Tensor): void {
    this.#errors.update(predictions, targets);
  }

  async result(): Promise<number> {
    return meanOf((await this.details()).perOutput);
  }

  async details(): Promise<OutputDetails> {
    const { errors, targets } = await this.#errors.read();
    const { count } = targets;
    const perOutput = Array.from(targets.spread, (total, i) => {
      const mean = errors.mean[i] as number;
      return count < 2 ? NaN : explained((errors.spread[i] as number) + count * mean ** 2, total);
    });
    return { perOutput };
  }
}
