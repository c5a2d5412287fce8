// Which convolution kernel runs, on which grid, in how many splits. Pure, so that it can be tested.

import type { AdapterClass } from "../gpu/adapter.ts";
import { fold, gridOf } from "./dispatch.ts";

/**
 * Numbers: columns of a thread's block of registers with 8 rows. `large`, `small`: tiles in workgroup
 * memory.
 */
export type ProductKernel = "4" | "8" | "16" | "large" | "small";

/** For filter gradients. `square`: a block of 16 × 16. */
export type FilterKernel = "4" | "8" | "square" | "large" | "small";

export type ConvKernel = ProductKernel | FilterKernel;

/** Kernels worth a measurement. */
export const PRODUCT_KERNELS: Readonly<Record<AdapterClass, readonly ProductKernel[]>> = {
  gpu: ["large", "small", "8"],
  software: ["16", "8", "4"],
};

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
const SIDES: Readonly<Record<ConvKernel, readonly [number, number]>> = {
  "4": [8, 4],
  "8": [8, 8],
  "16": [8, 16],
  square: [16, 16],
  small: [32, 32],
  large: [64, 64],
};

function tiling(kernel: ConvKernel, { rows, columns, slices }: ProductProblem): ConvTiling {
  const [height, width] = SIDES[kernel];
  const columnBlocks = Math.ceil(columns / width);
  const rowBlocks = Math.ceil(rows / height);
  const count = columnBlocks * rowBlocks * slices;
  return { kernel, columnBlocks, rowBlocks, grid: gridFor(kernel, count) };
}

/** Blocks or tiles of a product. */
function countOf(kernel: ConvKernel, problem: ProductProblem): number {
  const { columnBlocks, rowBlocks } = tiling(kernel, problem);
  return columnBlocks * rowBlocks * problem.slices;
}

/** Threads in the workgroups of the square kernel: few, so that all cores have some. */
const SQUARE_GROUP = 16;

function gridFor(kernel: ConvKernel, count: number): readonly [number, number] {
  if (kernel === "large" || kernel === "small") return fold(count);
  return kernel === "square" ? fold(Math.ceil(count / SQUARE_GROUP)) : gridOf(count);
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
export function usualProduct(problem: ProductProblem, adapterClass: AdapterClass): ProductKernel {
  const { columns } = problem;
  if (adapterClass === "software") {
    if (columns <= 8) return columns <= 4 ? "4" : "8";
    return countOf("16", problem) < SOFTWARE_THREADS ? "8" : "16";
  }
  return columns <= 32 || countOf("large", problem) < GPU_GROUPS ? "small" : "large";
}

/** The tiling of a convolution or its input gradient. */
export function planProduct(
  problem: ProductProblem,
  adapterClass: AdapterClass,
  kernel: ProductKernel = usualProduct(problem, adapterClass),
): ConvTiling {
  return tiling(kernel, problem);
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

/** What computes a filter gradient if nothing was measured. */
export function usualFilter(problem: FilterProblem, adapterClass: AdapterClass): FilterKernel {
  const { rows, columns, isInFours = false } = problem;
  if (adapterClass === "gpu") return Math.min(rows, columns) <= 32 ? "small" : "large";
  if (isInFours && fitsSquares(problem)) return "square";
  return columns <= 4 ? "4" : "8";
}

/** Kernels worth a measurement. */
export function filterKernels(
  { isInFours }: FilterProblem,
  adapterClass: AdapterClass,
): FilterKernel[] {
  if (adapterClass === "gpu") return ["large", "small"];
  return isInFours ? ["square", "8", "4"] : ["8", "4"];
}

/** How a filter gradient runs: few rows and columns, summed over very many pixels, so in splits. */
export function planFilter(
  problem: FilterProblem,
  adapterClass: AdapterClass,
  kernel: FilterKernel = usualFilter(problem, adapterClass),
): FilterPlan {
  const { rows, columns, groups, lines, width } = problem;
  const blocks = countOf(kernel, { rows, columns, slices: groups });
  const pixels = lines * width;
  const parts =
    adapterClass === "software"
      ? split(lines, 1, lines, Math.ceil(FILTER_THREADS / blocks))
      : split(
          pixels,
          16,
          Math.floor(pixels / SHORTEST_SPLIT),
          Math.ceil((2 * GPU_GROUPS) / blocks),
        );
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
