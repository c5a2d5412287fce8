// Whether generated examples are like real ones, and cover them.

import { add, lessEqual } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { isNaN } from "../ops/finite.ts";
import { any } from "../ops/reduce.ts";
import { concat, slice, stack } from "../ops/slice.ts";
import { topK } from "../ops/sort.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { KeptRows } from "./keptRows.ts";
import type { Metric, MetricOptions } from "./metric.ts";
import { centered, overBlocks } from "./pairs.ts";
import { requireCount, requireRows } from "./requirements.ts";

const OP = "GenerativePrecisionRecall";

/** Options of `GenerativePrecisionRecall`. */
export interface GenerativePrecisionRecallOptions extends MetricOptions {
  /** k: a row's ball reaches to its k-th nearest neighbour. Default 3. */
  readonly neighbours?: number;
}

/** What `GenerativePrecisionRecall.details` gives. */
export interface GenerativePrecisionRecallDetails {
  /** Share of generated rows within the balls of real ones. */
  readonly precision: number;
  /** Share of real rows within the balls of generated ones. */
  readonly recall: number;
}

/**
 * Precision and recall of a generative model; the result is their harmonic mean. The manifold of a set
 * of features is the union of balls around its rows, each as wide as to the k-th nearest other row:
 *
 *   precision = (1/|G|) Σ_g [g in the manifold of R],  recall = (1/|R|) Σ_r [r in the manifold of G]
 *
 * Both sets are kept on the GPU, 4 bytes per number, and compared there in blocks; distances are f32,
 * so that a row at the very edge of a ball may fall on either side. NaN unless both sets have more than
 * k rows, or if a feature is NaN.
 *
 * @see Kynkäänniemi et al. 2019, Improved Precision and Recall Metric for Assessing Generative Models.
 */
export class GenerativePrecisionRecall implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly neighbours: number;
  readonly #generated: KeptRows = new KeptRows(OP);
  readonly #real: KeptRows = new KeptRows(OP);

  constructor(options: GenerativePrecisionRecallOptions = {}) {
    const { neighbours = 3, name = "generativePrecisionRecall" } = options;
    requireCount(OP, "neighbours", neighbours);
    this.name = name;
    this.neighbours = neighbours;
  }

  reset(): void {
    this.#generated.reset();
    this.#real.reset();
  }

  /**
   * @param generated  `[n, features]`.
   * @param real       `[m, features]`; a batch of either may have no rows.
   * @throws {ShapeError} unless both have as many features as those before.
   */
  update(generated: Tensor, real: Tensor): void {
    requireRows(OP, generated, this.#real.columns);
    requireRows(OP, real, generated.shape[1]);
    untaped(() =>
      scope(() => {
        this.#generated.add(cast(generated, "f32"));
        this.#real.add(cast(real, "f32"));
      }),
    );
  }

  async result(): Promise<number> {
    const { precision, recall } = await this.details();
    return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  }

  async details(): Promise<GenerativePrecisionRecallDetails> {
    const [n, m] = [this.#generated.rows, this.#real.rows];
    if (Math.min(n, m) <= this.neighbours) return { precision: NaN, recall: NaN };
    const counts = scope(() => {
      const sets = [this.#generated.joined() as Tensor, this.#real.joined() as Tensor] as const;
      const [generated, real] = centered(...sets);
      const unknown = add(countOf(isNaN(generated)), countOf(isNaN(real)));
      return stack([this.#covered(generated, real), this.#covered(real, generated), unknown]);
    });
    const [hits, found, unknown] = (await counts.data()) as unknown as [number, number, number];
    counts.dispose();
    return unknown > 0
      ? { precision: NaN, recall: NaN }
      : { precision: hits / n, recall: found / m };
  }

  /** How many rows lie within the balls of a set. */
  #covered(rows: Tensor, set: Tensor): Tensor {
    const radii = concat(
      overBlocks(set, set, (distances) => {
        // The nearest is the row itself.
        const nearest = topK(distances, this.neighbours + 1, { largest: false });
        return slice(nearest.values, [null, this.neighbours]);
      }),
    );
    const hits = overBlocks(rows, set, (distances) => any(lessEqual(distances, radii), -1));
    return countOf(concat(hits));
  }
}

function countOf(mask: Tensor): Tensor {
  return sum(cast(mask, "u32"));
}
