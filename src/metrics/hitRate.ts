// The share of labels that were hit, counted on the GPU.

import { logicalAnd } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { stack } from "../ops/slice.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Counts } from "./counts.ts";
import { type LabelOptions, requireInside, requireLabels, sortLabels } from "./labels.ts";

/** Counts of hits among labels; what a hit is, the metric says. */
export class HitRate {
  readonly #op: string;
  readonly #options: LabelOptions;
  /** Hits, labels that count, labels outside. */
  readonly #counts: Counts = new Counts([3]);
  #classes = 0;

  constructor(op: string, options: LabelOptions) {
    this.#op = op;
    this.#options = options;
  }

  reset(): void {
    this.#counts.reset();
  }

  /** @param isHit  bool per label, told from the scores and from labels that are safe to look up. */
  update(scores: Tensor, labels: Tensor, isHit: (scores: Tensor, ids: Tensor) => Tensor): void {
    this.#classes = requireLabels(this.#op, scores, labels);
    untaped(() =>
      scope(() => {
        const { ids, isCounted, isOutside } = sortLabels(labels, this.#classes, this.#options);
        const hits = logicalAnd(isHit(scores, ids), isCounted);
        const kinds = [hits, isCounted, isOutside];
        this.#counts.add(stack(kinds.map((kind) => sum(cast(kind, "u32")))));
      }),
    );
  }

  async result(): Promise<number> {
    const [hits, total, outside] = (await this.#counts.read()) as unknown as number[];
    requireInside(this.#op, outside as number, this.#classes);
    return (hits as number) / (total as number);
  }
}
