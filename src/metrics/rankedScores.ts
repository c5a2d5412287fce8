// Scores of all examples by class, for measures of how well a score ranks.

import { DataError, ShapeError } from "../errors.ts";
import { cast } from "../ops/cast.ts";
import { softmax } from "../ops/softmax.ts";
import { concat } from "../ops/slice.ts";
import { untaped } from "../ops/tape.ts";
import { reshape } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ScoreKind, requireLabelDtype, requireLabels, requireScoreKind } from "./labels.ts";
import { KeptRows } from "./keptRows.ts";
import type { MetricOptions } from "./metric.ts";
import { requireChoice } from "./requirements.ts";

/** Options of metrics that rank examples by score. */
export interface RankingOptions extends MetricOptions {
  /**
   * What the scores of several classes are: "logits" go through a softmax before they are compared
   * between examples; "probabilities" are taken as they are. Scores of two classes, one per example,
   * are always taken as they are. Default "logits".
   */
  readonly scores?: ScoreKind;
  /** How classes are averaged: alike, or by how many labels they have. Default "macro". */
  readonly average?: "macro" | "weighted";
}

/** Scores for a class against the rest: of its own examples and of the others, each ascending. */
export interface Ranking {
  readonly positives: Float32Array;
  readonly negatives: Float32Array;
}

/** Keeps all scores and labels. */
export class RankedScores {
  readonly #op: string;
  readonly #isProbability: boolean;
  readonly #rows: KeptRows;

  constructor(op: string, { scores = "logits", average = "macro" }: RankingOptions) {
    requireScoreKind(op, scores);
    requireChoice(op, "average", average, ["macro", "weighted"]);
    this.#op = op;
    this.#isProbability = scores === "probabilities";
    this.#rows = new KeptRows(op);
  }

  reset(): void {
    this.#rows.reset();
  }

  update(scores: Tensor, labels: Tensor): void {
    const isBinary = sameShape(scores.shape, labels.shape);
    if (isBinary) requireLabelDtype(this.#op, scores, labels);
    const columns = isBinary ? 1 : requireLabels(this.#op, scores, labels);
    const before = this.#rows.columns;
    if (before !== undefined && before !== columns + 1) {
      throw new ShapeError(this.#op, "scores must have one column per class", {
        got: `${columns} after ${before - 1}`,
      });
    }
    untaped(() =>
      scope(() => {
        const rows = reshape(cast(scores, "f32"), [labels.size, columns]);
        const values = isBinary || this.#isProbability ? rows : softmax(rows);
        const ids = reshape(cast(labels, "f32"), [labels.size, 1]);
        this.#rows.add(concat([values, ids], 1));
      }),
    );
  }

  /**
   * By class, each against the rest; class 1 alone where there is one score per example.
   *
   * @throws {DataError} if a label is no class.
   */
  async rankings(): Promise<Ranking[]> {
    const values = await this.#rows.read();
    const columns = (this.#rows.columns ?? 1) - 1;
    const classes = Math.max(2, columns);
    const labels = Float32Array.from({ length: values.length / (columns + 1) }, (_, i) => {
      return values[i * (columns + 1) + columns] as number;
    });
    const outside = labels.filter((label) => !(label >= 0 && label < classes)).length;
    if (outside > 0) {
      const got = `${outside} outside`;
      throw new DataError(this.#op, `labels must be in [0, ${classes})`, { got, outside });
    }
    return Array.from({ length: columns }, (_, column) => {
      const positive = columns === 1 ? 1 : column;
      const scoresOf = (isPositive: boolean): Float32Array =>
        labels
          .map((_, i) => values[i * (columns + 1) + column] as number)
          .filter((_, i) => (labels[i] === positive) === isPositive)
          .sort();
      return { positives: scoresOf(true), negatives: scoresOf(false) };
    });
  }
}

/** Whether a NaN is among ascending scores: it comes last. */
export function hasNaN({ positives, negatives }: Ranking): boolean {
  return Number.isNaN(positives.at(-1) ?? 0) || Number.isNaN(negatives.at(-1) ?? 0);
}

/** Examples at or above a score. */
export interface Threshold {
  readonly score: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** One threshold for each score that occurs, the highest first; none if a score is NaN. */
export function* thresholds(ranking: Ranking): Generator<Threshold> {
  if (hasNaN(ranking)) return;
  const { positives, negatives } = ranking;
  let [p, n] = [positives.length, negatives.length];
  while (p > 0 || n > 0) {
    const score = Math.max(positives[p - 1] ?? -Infinity, negatives[n - 1] ?? -Infinity);
    while (p > 0 && positives[p - 1] === score) p--;
    while (n > 0 && negatives[n - 1] === score) n--;
    yield {
      score,
      truePositives: positives.length - p,
      falsePositives: negatives.length - n,
    };
  }
}

/** One number for the values of all classes. */
export function averageRankings(
  values: readonly number[],
  rankings: readonly Ranking[],
  { average = "macro" }: RankingOptions,
): number {
  const weights = rankings.map(({ positives }) => (average === "macro" ? 1 : positives.length));
  // A class without labels has no value: it counts neither way.
  const known = values.flatMap((value, i) => (rankings[i]?.positives.length === 0 ? [] : [i]));
  const total = known.reduce((sum, i) => sum + (weights[i] as number), 0);
  return known.reduce((sum, i) => sum + (values[i] as number) * (weights[i] as number), 0) / total;
}
