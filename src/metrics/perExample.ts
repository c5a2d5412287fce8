// A number for each example, for comparisons that take more than a mean.

import { ShapeError, shapeText } from "../errors.ts";
import { cast } from "../ops/cast.ts";
import { untaped } from "../ops/tape.ts";
import { expandDims } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { KeptRows } from "./keptRows.ts";
import type { Metric } from "./metric.ts";

/** What `PerExample.details` gives. */
export interface ExampleDetails {
  /** In the order in which the examples came. */
  readonly values: Float32Array;
}

/**
 * A number for each example, which `EvaluationReport` compares models by; its result is their mean. The
 * numbers are kept on the GPU, 4 bytes each.
 *
 *     const loss = new PerExample("loss", (logits, labels) =>
 *       crossEntropy(logits, labels, { reduction: "none" }));
 *     const correct = new PerExample("correct", (logits, labels) => equal(argMax(logits), labels));
 *     await new Evaluate()({ model, data, metrics: [loss, correct] });
 *     const examples = { loss: (await loss.details()).values, correct: (await correct.details()).values };
 *     report.add({ model: "cnn", seed: 0, examples });
 *
 * Labels, predictions and confidences are such numbers, too.
 */
export class PerExample implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #measure: (outputs: Tensor, labels: Tensor) => Tensor;
  readonly #values: KeptRows = new KeptRows("PerExample");

  /** @param measure  gives a number, a bool say, for each row of outputs and labels: `[batch]`. */
  constructor(name: string, measure: (outputs: Tensor, labels: Tensor) => Tensor) {
    this.name = name;
    this.#measure = measure;
  }

  reset(): void {
    this.#values.reset();
  }

  /**
   * @param outputs  what `measure` takes: `[batch, …]`.
   * @param labels   likewise.
   * @throws {ShapeError} unless it gives a number per example.
   */
  update(outputs: Tensor, labels: Tensor): void {
    untaped(() =>
      scope(() => {
        const values = this.#measure(outputs, labels);
        if (values.rank !== 1 || values.shape[0] !== outputs.shape[0]) {
          throw new ShapeError("PerExample", `${this.name} must be a number per example`, {
            got: `${shapeText(values.shape)} for ${outputs.shape[0] ?? 0} examples`,
            remedy: 'Pass reduction: "none" to a loss, or take means over all axes but the first.',
          });
        }
        this.#values.add(cast(expandDims(values, 1), "f32"));
      }),
    );
  }

  async result(): Promise<number> {
    const { values } = await this.details();
    return values.reduce((total, value) => total + value, 0) / values.length;
  }

  async details(): Promise<ExampleDetails> {
    return { values: await this.#values.read() };
  }
}
