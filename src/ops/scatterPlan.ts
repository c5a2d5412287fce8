// How sums by index are spread over threads. Pure, so that it can be tested.

import type { AdapterClass } from "../gpu/adapter.ts";

/** Sums of rows of x[outer, count, inner] into y[outer, length, inner]. */
export interface ScatterProblem {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly count: number;
}

/** A thread has one column of `span` of the rows, and one of `chunks` parts of the ids. */
export interface ScatterPlan {
  readonly ranges: number;
  readonly span: number;
  readonly chunks: number;
  /** Ids in a part. */
  readonly chunk: number;
  readonly threads: number;
}

/** Threads that keep an adapter busy. */
const THREADS: Readonly<Record<AdapterClass, number>> = { software: 64, gpu: 32768 };

/** Fewest ids that are worth a part of their own. */
const SHORTEST_CHUNK = 64;

/** Most elements of y for all parts together: more would cost more than they save. */
const LARGEST_PARTS = 2 ** 20;

/**
 * The plan for a sum. Every range of rows walks through all ids of its part, so parts come first;
 * but each is as large as y, so a large y is cut into ranges.
 */
export function planScatter(problem: ScatterProblem, adapter: AdapterClass): ScatterPlan {
  const { outer, length, inner, count } = problem;
  const columns = outer * inner;
  const wanted = Math.ceil(THREADS[adapter] / columns);
  const affordable = Math.floor(LARGEST_PARTS / (columns * length));
  const parts = Math.max(1, Math.min(wanted, affordable, Math.ceil(count / SHORTEST_CHUNK)));
  const chunk = Math.max(1, Math.ceil(count / parts));
  const chunks = Math.max(1, Math.ceil(count / chunk));
  const span = Math.ceil(length / Math.min(length, Math.ceil(wanted / chunks)));
  const ranges = Math.ceil(length / span);
  return { ranges, span, chunks, chunk, threads: chunks * columns * ranges };
}
