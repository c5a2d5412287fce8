// Which convolution kernel runs, on which grid, in how many splits. Pure, so that it can be tested.

import type { AdapterClass } from "../gpu/adapter.ts";
import { fold, gridOf } from "./dispatch.ts";

/**
 * Numbers: columns of a thread's block of registers with 8 rows. `square`: such a block of 16 × 16, for
 * filter gradients. `large`, `small`: tiles in workgroup memory.
 */
export type ConvKernel = 4 | 8 | 16 | "square" | "large" | "small";

/** A tiling of a product, `slices` times. */
export interface ConvTiling {
  readonly kernel: ConvKernel;
  readonly columnBlocks: number;
  readonly rowBlocks: number;
  readonly grid: readonly [number, number];
}

/** One product of `rows` × `columns`. */
export interface ProductProblem {
  readonly rows: number;
  readonly columns: number;
  /** How many there are: groups, phases, splits. */
  readonly slices: number;
}

/** Workgroups that keep a GPU busy; 132 multiprocessors are the most there are today. */
const GPU_GROUPS = 128;

/** Threads that keep a software adapter busy: a few per core and lane. */
const SOFTWARE_THREADS = 64;

/** The same for a filter gradient: enough for several workgroups. */
const FILTER_THREADS = 256;

/** Rows and columns of a block or tile. */
function sidesOf(kernel: ConvKernel): readonly [number, number] {
  if (typeof kernel === "number") return [8, kernel];
  if (kernel === "square") return [16, 16];
  return kernel === "large" ? [64, 64] : [32, 32];
}

function tiling(kernel: ConvKernel, { rows, columns, slices }: ProductProblem): ConvTiling {
  const [height, width] = sidesOf(kernel);
  const columnBlocks = Math.ceil(columns / width);
  const rowBlocks = Math.ceil(rows / height);
  const count = columnBlocks * rowBlocks * slices;
  return { kernel, columnBlocks, rowBlocks, grid: gridFor(kernel, count) };
}

/** Threads in the workgroups of the square kernel: few, so that all cores have some. */
const SQUARE_GROUP = 16;

function gridFor(kernel: ConvKernel, count: number): readonly [number, number] {
  if (typeof kernel === "number") return gridOf(count);
  return fold(kernel === "square" ? Math.ceil(count / SQUARE_GROUP) : count);
}

/** Whether blocks of 16 × 16 are nearly full. */
function fitsSquares({ rows, columns }: FilterProblem): boolean {
  const blocks = Math.ceil(rows / 16) * Math.ceil(columns / 16);
  return rows * columns >= 0.8 * 256 * blocks;
}

/**
 * How a convolution or its input gradient runs. On software adapters tiles through workgroup memory
 * are slower than registers alone, and reading memory is what costs most: the larger the block, the
 * less it reads. Few results take blocks that compile sooner. GPUs get large tiles where these are
 * filled and enough.
 */
export function planProduct(problem: ProductProblem, adapterClass: AdapterClass): ConvTiling {
  if (adapterClass === "software") {
    if (problem.columns <= 4) return tiling(4, problem);
    const wide = tiling(16, problem);
    const threads = wide.columnBlocks * wide.rowBlocks * problem.slices;
    return problem.columns <= 8 || threads < SOFTWARE_THREADS ? tiling(8, problem) : wide;
  }
  const large = tiling("large", problem);
  const groups = large.columnBlocks * large.rowBlocks * problem.slices;
  return problem.columns <= 32 || groups < GPU_GROUPS ? tiling("small", problem) : large;
}

/** A filter gradient: a product of taps and input channels by output channels over all pixels. */
export interface FilterProblem {
  readonly rows: number;
  readonly columns: number;
  readonly groups: number;
  /** Lines of output pixels, and the pixels of one. */
  readonly lines: number;
  readonly width: number;
  /** Whether channels per group come in fours on both sides. */
  readonly isInFours?: boolean;
}

/** How a filter gradient runs. */
export interface FilterPlan extends ConvTiling {
  /** Parts of the sum; above 1 a second kernel adds them in order. */
  readonly splits: number;
  /** Lines in a part for blocks, pixels for tiles. */
  readonly chunk: number;
}

/** Most parts, and fewest pixels worth one. */
const MOST_SPLITS = 256;
const SHORTEST_SPLIT = 128;

/** Parts of `length` when `blocks` workgroups (or threads) are there and `wanted` would be good. */
function split(
  length: number,
  unit: number,
  most: number,
  wanted: number,
): { splits: number; chunk: number } {
  const parts = Math.max(1, Math.min(MOST_SPLITS, most, wanted));
  const chunk = Math.ceil(length / parts / unit) * unit;
  return { splits: Math.ceil(length / chunk), chunk };
}

/** How a filter gradient runs: few rows and columns, summed over very many pixels, so in splits. */
export function planFilter(problem: FilterProblem, adapterClass: AdapterClass): FilterPlan {
  const { rows, columns, groups, lines, width, isInFours = false } = problem;
  if (adapterClass === "software") {
    const isSquare = isInFours && fitsSquares(problem);
    const kernel = isSquare ? "square" : columns <= 4 ? 4 : 8;
    const { columnBlocks, rowBlocks } = tiling(kernel, { rows, columns, slices: groups });
    const blocks = columnBlocks * rowBlocks * groups;
    const parts = split(lines, 1, lines, Math.ceil(FILTER_THREADS / blocks));
    return { ...tiling(kernel, { rows, columns, slices: groups * parts.splits }), ...parts };
  }
  const kernel = Math.min(rows, columns) <= 32 ? "small" : "large";
  const { columnBlocks, rowBlocks } = tiling(kernel, { rows, columns, slices: groups });
  const blocks = columnBlocks * rowBlocks * groups;
  const pixels = lines * width;
  const most = Math.floor(pixels / SHORTEST_SPLIT);
  const parts = split(pixels, 16, most, Math.ceil((2 * GPU_GROUPS) / blocks));
  return { ...tiling(kernel, { rows, columns, slices: groups * parts.splits }), ...parts };
}

/** Threads that keep the adapter busy where one makes a single number. */
const THREADS: Readonly<Record<AdapterClass, number>> = { software: 64, gpu: 32768 };

/** How the filter gradient of a depthwise convolution is split along lines of output. */
export function planDepthwiseFilter(
  threads: number,
  lines: number,
  adapterClass: AdapterClass,
): { splits: number; chunk: number } {
  return split(lines, 1, lines, Math.ceil(THREADS[adapterClass] / threads));
}
