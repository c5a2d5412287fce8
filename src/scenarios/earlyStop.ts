// Ending a run when a metric no longer improves.

import { UsageError } from "../errors.ts";
import type { EvaluateResult } from "./evaluate.ts";

/** When a run has gone on long enough. */
export interface StopRule {
  /** Of the evaluations. */
  readonly metric: string;
  /** Evaluations in a row without a new best. */
  readonly patience: number;
  /** Which way is better. Default "max". */
  readonly mode?: "max" | "min";
  /** By how much a new best must be better. Default 0. */
  readonly minDelta?: number;
}

/** What a rule has seen; plain JSON. */
export interface StopState {
  readonly best: number | null;
  readonly since: number;
}

/** Watches a metric. @see Prechelt 1998, Early Stopping: But When? */
export class EarlyStop {
  readonly #rule: StopRule;
  #state: StopState = { best: null, since: 0 };

  constructor(rule: StopRule) {
    this.#rule = rule;
    if (Number.isInteger(rule.patience) && rule.patience >= 1) return;
    throw new UsageError("stopWhen", "patience must be a positive integer", {
      got: `${rule.patience}`,
    });
  }

  state(): StopState {
    return this.#state;
  }

  restore(state: StopState): void {
    this.#state = state;
  }

  /** Takes an evaluation in; true when the run shall end. */
  update(metrics: EvaluateResult): boolean {
    const { metric, patience, mode = "max", minDelta = 0 } = this.#rule;
    const value = metrics[metric];
    if (value === undefined) {
      throw new UsageError("stopWhen", `the evaluations must have the metric ${metric}`, {
        got: Object.keys(metrics).join(", ") || "none",
      });
    }
    const { best, since } = this.#state;
    const gain = best === null ? Infinity : mode === "max" ? value - best : best - value;
    this.#state = gain > minDelta ? { best: value, since: 0 } : { best, since: since + 1 };
    return this.#state.since >= patience;
  }
}
