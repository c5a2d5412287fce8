// Area under the ROC curve.

import type { Tensor } from "../tensor/tensor.ts";
import type { Metric } from "./metric.ts";
import {
  type Ranking,
  RankedScores,
  type RankingOptions,
  averageRankings,
  hasNaN,
  thresholds,
} from "./rankedScores.ts";

/** Values of a ranking metric by class. */
export interface RankingDetails {
  /** Each class against the rest; one value, that of class 1, where examples have one score. */
  readonly perClass: readonly number[];
  /** Labels of each of these classes. */
  readonly support: readonly number[];
}

/** A ROC curve, from the highest threshold down. */
export interface RocCurve {
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  /** Scores at or above count as positive. The first is ∞: none does. */
  readonly thresholds: readonly number[];
}

/**
 * Probability that an example of the class gets a higher score than one of the others; a tie counts
 * half. Exact: it is the area under the trapezoids between all scores that occur.
 *
 *   AUC = (1/(P·N)) Σ_p Σ_n [s_p > s_n] + ½ [s_p = s_n]
 *
 * Several classes are each ranked against the rest and averaged; those that never occur are left out.
 * NaN if a score is, or if all labels are alike. All scores are kept on the GPU and sorted on the host:
 * 8 bytes per example with one score, 4·(classes + 1) with several.
 *
 * @see Hanley & McNeil 1982, The meaning and use of the area under a ROC curve.
 */
export class ROCAUC implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #options: RankingOptions;
  readonly #scores: RankedScores;

  constructor(options: RankingOptions = {}) {
    this.name = options.name ?? "rocAUC";
    this.#options = options;
    this.#scores = new RankedScores("ROCAUC", options);
  }

  reset(): void {
    this.#scores.reset();
  }

  /**
   * @param scores  `[…]`, larger for class 1; or `[…, classes]`.
   * @param labels  `[…]` i32 or u32 class indices.
   */
  update(scores: Tensor, labels: Tensor): void {
    this.#scores.update(scores, labels);
  }

  /** @throws {DataError} if a label is no class. */
  async result(): Promise<number> {
    const rankings = await this.#scores.rankings();
    return averageRankings(rankings.map(areaUnderRoc), rankings, this.#options);
  }

  async details(): Promise<RankingDetails> {
    const rankings = await this.#scores.rankings();
    return {
      perClass: rankings.map(areaUnderRoc),
      support: rankings.map(({ positives }) => positives.length),
    };
  }

  /** @param index  which of the classes in `details()`. Default 0. */
  async curve(index = 0): Promise<RocCurve> {
    const ranking = (await this.#scores.rankings())[index];
    const points = ranking === undefined ? [] : [...thresholds(ranking)];
    const [positives, negatives] = [ranking?.positives.length ?? 0, ranking?.negatives.length ?? 0];
    return {
      falsePositiveRate: [0, ...points.map((point) => point.falsePositives / negatives)],
      truePositiveRate: [0, ...points.map((point) => point.truePositives / positives)],
      thresholds: [Infinity, ...points.map(({ score }) => score)],
    };
  }
}

function areaUnderRoc(ranking: Ranking): number {
  if (hasNaN(ranking)) return NaN;
  let [area, lastTrue, lastFalse] = [0, 0, 0];
  for (const { truePositives, falsePositives } of thresholds(ranking)) {
    area += ((falsePositives - lastFalse) * (truePositives + lastTrue)) / 2;
    [lastTrue, lastFalse] = [truePositives, falsePositives];
  }
  return area / (lastTrue * lastFalse);
}
