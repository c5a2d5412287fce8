// Area under the precision-recall curve.

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
import type { RankingDetails } from "./rocAUC.ts";

/** A precision-recall curve, from the highest threshold down. */
export interface PrecisionRecallCurve {
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  /** Scores at or above count as positive. */
  readonly thresholds: readonly number[];
}

/**
 * Average precision: the area under the steps of the precision-recall curve, without interpolation.
 *
 *   AP = Σ_t (R_t − R_{t−1}) · P_t, over the scores t that occur, the highest first
 *
 * Several classes are each ranked against the rest and averaged; those that never occur are left out.
 * NaN if a score is, or if nothing is positive. All scores are kept on the GPU and sorted on the host:
 * 8 bytes per example with one score, 4·(classes + 1) with several.
 *
 * @see Zhu 2004, Recall, Precision and Average Precision.
 */
export class PRAUC implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #options: RankingOptions;
  readonly #scores: RankedScores;

  constructor(options: RankingOptions = {}) {
    this.name = options.name ?? "prAUC";
    this.#options = options;
    this.#scores = new RankedScores("PRAUC", options);
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
    return averageRankings(rankings.map(averagePrecision), rankings, this.#options);
  }

  async details(): Promise<RankingDetails> {
    const rankings = await this.#scores.rankings();
    return {
      perClass: rankings.map(averagePrecision),
      support: rankings.map(({ positives }) => positives.length),
    };
  }

  /** @param index  which of the classes in `details()`. Default 0. */
  async curve(index = 0): Promise<PrecisionRecallCurve> {
    const ranking = (await this.#scores.rankings())[index];
    const points = ranking === undefined ? [] : [...thresholds(ranking)];
    return {
      precision: points.map(precisionAt),
      recall: points.map(({ truePositives }) => truePositives / (ranking?.positives.length ?? 0)),
      thresholds: points.map(({ score }) => score),
    };
  }
}

function precisionAt(point: { truePositives: number; falsePositives: number }): number {
  return point.truePositives / (point.truePositives + point.falsePositives);
}

function averagePrecision(ranking: Ranking): number {
  if (hasNaN(ranking)) return NaN;
  let [area, found] = [0, 0];
  for (const point of thresholds(ranking)) {
    area += (point.truePositives - found) * precisionAt(point);
    found = point.truePositives;
  }
  return area / found;
}
