// Whether a model is right as often as it says.

import { equal, greater, logicalAnd, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { isNaN } from "../ops/finite.ts";
import { oneHot } from "../ops/oneHot.ts";
import { any, argMax, max } from "../ops/reduce.ts";
import { concat } from "../ops/slice.ts";
import { softmax } from "../ops/softmax.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { ceil, clip } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { CompensatedSum } from "./compensatedSum.ts";
import { Counts } from "./counts.ts";
import {
  type LabelOptions,
  type ScoreKind,
  requireInside,
  requireLabels,
  requireScoreKind,
  sortLabels,
} from "./labels.ts";
import type { Metric } from "./metric.ts";
import { requireCount } from "./requirements.ts";

/** Options of `ExpectedCalibrationError`. */
export interface CalibrationOptions extends LabelOptions {
  /** Bins of equal width. Default 15. */
  readonly bins?: number;
  /** What the scores are. Default "logits". */
  readonly scores?: ScoreKind;
}

/** A row of the reliability table: predictions with a confidence in (low, high]. */
export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence; NaN in an empty bin. */
  readonly confidence: number;
  /** Share of right predictions; NaN in an empty bin. */
  readonly accuracy: number;
}

/** What `ExpectedCalibrationError.details` gives. */
export interface CalibrationDetails {
  /** The reliability table, by rising confidence. */
  readonly bins: readonly CalibrationBin[];
  /** The largest gap of a bin. */
  readonly maximum: number;
}

/**
 * Mean gap between confidence, the largest probability, and accuracy, over bins of equal width.
 *
 *   ECE = Σ_b (n_b/N) · |accuracy_b − confidence_b|
 *
 * A confidence of NaN makes it NaN.
 *
 * @see Guo et al. 2017, On Calibration of Modern Neural Networks, §2.
 */
export class ExpectedCalibrationError implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly bins: number;
  readonly #options: CalibrationOptions;
  readonly #confidence: CompensatedSum;
  /** Per bin predictions, then per bin hits, then labels outside. */
  readonly #counts: Counts;
  #classes = 0;

  constructor(options: CalibrationOptions = {}) {
    const { bins = 15, name = "expectedCalibrationError" } = options;
    requireCount("ExpectedCalibrationError", "bins", bins);
    requireScoreKind("ExpectedCalibrationError", options.scores);
    this.name = name;
    this.bins = bins;
    this.#options = options;
    this.#confidence = new CompensatedSum([bins]);
    this.#counts = new Counts([2 * bins + 1]);
  }

  reset(): void {
    this.#confidence.reset();
    this.#counts.reset();
  }

  /**
   * @param scores  `[…, classes]`.
   * @param labels  `[…]` i32 or u32 class indices.
   * @throws {ShapeError} unless there is one label per row.
   */
  update(scores: Tensor, labels: Tensor): void {
    this.#classes = requireLabels("ExpectedCalibrationError", scores, labels);
    const { bins } = this;
    untaped(() =>
      scope(() => {
        const { ids, isCounted, isOutside } = sortLabels(labels, this.#classes, this.#options);
        const confidence = confidences(scores, this.#options.scores);
        const bin = clip(sub(ceil(mul(confidence, bins)), 1), { min: 0, max: bins - 1 });
        const known = cast(where(isNaN(confidence), 0, bin), "i32");
        const column = (x: Tensor): Tensor => reshape(x, [labels.size, 1]);
        // Zeros for labels that do not count: their bin is none.
        const isIn = greater(oneHot(reshape(where(isCounted, known, bins), [-1]), bins), 0);
        const isHit = logicalAnd(isIn, column(equal(argMax(scores, -1), ids)));
        this.#confidence.add(sum(where(isIn, column(confidence), 0), 0));
        const counts = [isIn, isHit].map((one) => sum(cast(one, "u32"), 0));
        this.#counts.add(concat([...counts, reshape(sum(cast(isOutside, "u32")), [1])]));
      }),
    );
  }

  /** @throws {DataError} if labels outside of the classes have come. */
  async result(): Promise<number> {
    const { bins } = await this.details();
    const gaps = bins.map((bin) => (bin.count === 0 ? 0 : bin.count * gapOf(bin)));
    const count = bins.reduce((total, bin) => total + bin.count, 0);
    return gaps.reduce((total, gap) => total + gap, 0) / count;
  }

  async details(): Promise<CalibrationDetails> {
    const [confidence, counts] = await Promise.all([this.#confidence.read(), this.#counts.read()]);
    requireInside("ExpectedCalibrationError", counts.at(-1) as number, this.#classes);
    const bins = Array.from({ length: this.bins }, (_, i): CalibrationBin => {
      const count = counts[i] as number;
      return {
        low: i / this.bins,
        high: (i + 1) / this.bins,
        count,
        confidence: (confidence[i] as number) / count,
        accuracy: (counts[this.bins + i] as number) / count,
      };
    });
    const gaps = bins.filter(({ count }) => count > 0).map(gapOf);
    return { bins, maximum: gaps.length === 0 ? NaN : Math.max(...gaps) };
  }
}

function gapOf({ accuracy, confidence }: CalibrationBin): number {
  return Math.abs(accuracy - confidence);
}

/** The largest probability per row; NaN where a score is. */
function confidences(scores: Tensor, kind: ScoreKind = "logits"): Tensor {
  const wide = cast(scores, "f32");
  const largest = max(kind === "logits" ? softmax(wide) : wide, -1);
  return where(any(isNaN(scores), -1), NaN, largest);
}
