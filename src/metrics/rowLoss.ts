// Negative log-likelihoods of labels, added up on the GPU.

import { softplus } from "../ops/activations.ts";
import { equal, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { takeAlongAxis } from "../ops/elements.ts";
import { isNaN } from "../ops/finite.ts";
import { stack } from "../ops/slice.ts";
import { softmaxCrossEntropy } from "../ops/softmax.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { clip, log, neg } from "../ops/unary.ts";
import { expandDims, squeeze } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { CompensatedSum } from "./compensatedSum.ts";
import { Counts } from "./counts.ts";
import {
  type LabelOptions,
  type ScoreKind,
  requireInside,
  requireLabelDtype,
  requireLabels,
  requireScoreKind,
  sortLabels,
} from "./labels.ts";

/** Options of metrics of likelihood. */
export interface RowLossOptions extends LabelOptions {
  /** What the scores are. Default "logits". */
  readonly scores?: ScoreKind;
}

/** The total of −log p(label), in nats, and how many labels it is of. */
export interface RowLossTotal {
  readonly total: number;
  readonly count: number;
}

/** Adds up losses of labels that count. */
export class RowLoss {
  readonly #op: string;
  readonly #options: RowLossOptions;
  readonly #total: CompensatedSum = new CompensatedSum();
  /** Labels that count, labels outside. */
  readonly #counts: Counts = new Counts([2]);
  #classes = 0;

  constructor(op: string, options: RowLossOptions) {
    requireScoreKind(op, options.scores);
    this.#op = op;
    this.#options = options;
  }

  reset(): void {
    this.#total.reset();
    this.#counts.reset();
  }

  /** @param scores  `[…, classes]`, or `[…]` for class 1 of two. */
  update(scores: Tensor, labels: Tensor): void {
    const isBinary = sameShape(scores.shape, labels.shape);
    if (isBinary) requireLabelDtype(this.#op, scores, labels);
    this.#classes = isBinary ? 2 : requireLabels(this.#op, scores, labels);
    const { scores: kind = "logits" } = this.#options;
    untaped(() =>
      scope(() => {
        const { ids, isCounted, isOutside } = sortLabels(labels, this.#classes, this.#options);
        const losses = (isBinary ? binaryLosses : classLosses)(cast(scores, "f32"), ids, kind);
        this.#total.add(sum(where(isCounted, losses, 0)));
        this.#counts.add(stack([isCounted, isOutside].map((one) => sum(cast(one, "u32")))));
      }),
    );
  }

  /** @throws {DataError} if labels outside of the classes have come. */
  async read(): Promise<RowLossTotal> {
    const [[total], counts] = await Promise.all([this.#total.read(), this.#counts.read()]);
    const [count, outside] = counts as unknown as [number, number];
    requireInside(this.#op, outside, this.#classes);
    return { total: total as number, count };
  }
}

function classLosses(scores: Tensor, ids: Tensor, kind: ScoreKind): Tensor {
  if (kind === "logits") return softmaxCrossEntropy(scores, ids);
  return minusLog(squeeze(takeAlongAxis(scores, expandDims(ids, -1)), [-1]));
}

function binaryLosses(scores: Tensor, ids: Tensor, kind: ScoreKind): Tensor {
  const isOne = equal(ids, 1);
  if (kind === "logits") return softplus(where(isOne, neg(scores), scores));
  return minusLog(where(isOne, scores, sub(1, scores)));
}

/** The rounding of an f32 below 1. */
const EPSILON = 2 ** -23;

/** −log p with p kept from 0 and 1, and NaN where p is NaN. */
function minusLog(p: Tensor): Tensor {
  return neg(log(where(isNaN(p), p, clip(p, { min: EPSILON, max: 1 - EPSILON }))));
}
