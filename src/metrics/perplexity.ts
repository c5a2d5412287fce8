// How uncertain a language model is of each token.

import type { Tensor } from "../tensor/tensor.ts";
import type { LabelOptions } from "./labels.ts";
import type { Metric } from "./metric.ts";
import { RowLoss } from "./rowLoss.ts";

/**
 * exp of the mean negative log-likelihood per token: as uncertain as between so many equal choices.
 *
 *   exp(−(1/N) Σₙ log softmax(logitsₙ)[labelₙ])
 *
 * All tokens count alike, whatever sequence or batch they come in.
 *
 * @see Jelinek et al. 1977, Perplexity: a measure of the difficulty of speech recognition tasks.
 */
export class Perplexity implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #loss: RowLoss;

  constructor(options: LabelOptions = {}) {
    this.name = options.name ?? "perplexity";
    this.#loss = new RowLoss("Perplexity", { ...options, scores: "logits" });
  }

  reset(): void {
    this.#loss.reset();
  }

  /**
   * @param logits  `[…, vocabulary]`.
   * @param labels  `[…]` i32 or u32 tokens.
   * @throws {ShapeError} unless there is one label per row.
   */
  update(logits: Tensor, labels: Tensor): void {
    this.#loss.update(logits, labels);
  }

  /** @throws {DataError} if tokens outside of the vocabulary have come. */
  async result(): Promise<number> {
    const { total, count } = await this.#loss.read();
    return Math.exp(total / count);
  }
}
