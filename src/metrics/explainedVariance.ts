// How much of the targets' variance predictions explain, a constant offset aside.

import type { Tensor } from "../tensor/tensor.ts";
import { meanOf } from "./averages.ts";
import type { Metric } from "./metric.ts";
import { OutputErrors, type OutputDetails, explained } from "./outputErrors.ts";

/**
 * Explained variance; unlike R², a constant error costs nothing.
 *
 *   1 − Var(target − prediction) / Var(target)
 *
 * Several outputs are averaged. Where targets are all the same it is 1 if errors are too, else 0.
 *
 * @see https://scikit-learn.org/stable/modules/model_evaluation.html#explained-variance-score
 */
export class ExplainedVariance implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #errors: OutputErrors = new OutputErrors("ExplainedVariance");

  constructor(name = "explainedVariance") {
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
    const perOutput = Array.from(targets.spread, (total, i) =>
      explained(errors.spread[i] as number, total),
    );
    return { perOutput };
  }
}
