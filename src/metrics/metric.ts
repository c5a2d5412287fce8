// What scenarios know of a metric.

import type { Tensor } from "../tensor/tensor.ts";

/**
 * What evaluation accumulates: nothing leaves the GPU before `result`. The numbers are those of all
 * data since `reset`, however it came in batches; NaN before the first.
 */
export interface Metric<Args extends readonly unknown[] = readonly Tensor[]> {
  readonly name: string;
  reset(): void;
  update(...args: Args): void;
  /** The number that stands for the metric in logs and tables. */
  result(): Promise<number>;
  /** More than one number, where the metric has them: by class, by bin, or several at once. */
  details?(): Promise<object>;
}

/** Options of every metric that takes any. */
export interface MetricOptions {
  /** The key of its result. Default: the metric's own name. */
  readonly name?: string;
}
