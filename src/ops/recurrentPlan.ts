// How the steps of a recurrent op run. Pure, so that it can be tested.

import type { AdapterClass } from "../gpu/adapter.ts";
import { fold } from "./dispatch.ts";

/** How a step runs. */
export interface StepPlan {
  /** One kernel for the product with the state and all that follows; else a product, then a kernel. */
  readonly isWhole: boolean;
  /** Whole steps: four rows per thread, else one. */
  readonly tall: boolean;
  /** All steps in one dispatch, a row per thread. */
  readonly isSequence: boolean;
  readonly grid: readonly [number, number];
}

/** Threads of a workgroup of whole steps. */
const THREADS = 32;

/** Longest state for which a GPU's thread sums a whole column faster than tiles would. */
const GPU_LONGEST = 128;

/**
 * Products with a weight, rows times hidden², up to which a software adapter takes longer to start a
 * step than to sum a row in one thread. A dispatch takes it some 60 µs; four rows of 16 take 12 µs.
 */
const SEQUENCE_PRODUCTS = 8192;

/** Threads of a workgroup that walks through whole sequences, a row each. */
export const ROWS_PER_GROUP = 4;

/** Whether one dispatch takes all steps of `rows` states of `hidden` elements, a row per thread. */
export function isSequence(
  { rows, hidden }: { readonly rows: number; readonly hidden: number },
  adapterClass: AdapterClass,
): boolean {
  return adapterClass !== "gpu" && rows * hidden ** 2 <= SEQUENCE_PRODUCTS;
}

/**
 * The plan for `rows` states of `hidden` elements. On software adapters a dispatch costs more than
 * tiles of a product save. On GPUs a thread takes one row, so that there are enough of them, and
 * long states leave the product to the tiled kernel.
 */
export function planStep(
  { rows, hidden, lanes }: { rows: number; hidden: number; lanes: 1 | 4 },
  adapterClass: AdapterClass,
): StepPlan {
  const isGpu = adapterClass === "gpu";
  const tall = !isGpu && rows > 1;
  const threads = Math.ceil(rows / (tall ? 4 : 1)) * (hidden / lanes);
  return {
    isWhole: !isGpu || hidden <= GPU_LONGEST,
    tall,
    isSequence: isSequence({ rows, hidden }, adapterClass),
    grid: fold(Math.ceil(threads / THREADS)),
  };
}
