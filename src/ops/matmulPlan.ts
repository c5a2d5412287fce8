// Which matmul kernel runs, on which grid, in how many splits. Pure, so that it can be tested.

import type { AdapterClass } from "../gpu/adapter.ts";
import { fold } from "./dispatch.ts";

/** One product C[m, n] = A[m, k] · B[k, n], repeated over a batch. */
export interface MatmulProblem {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Whether both operands lie along k in memory. */
  readonly isAlongK?: boolean;
}

/** How a product runs. */
export interface MatmulPlan {
  readonly kernel: "block" | "tiled" | "tiledSmall";
  /** Block kernel: 8 rows or 4 per thread. */
  readonly tall: boolean;
  /** Block kernel: columns per thread. */
  readonly columns: 4 | 8 | 16;
  /** Parts of k that are summed apart; above 1 a second kernel joins them. */
  readonly splits: number;
  /** Length of a part, a multiple of the kernel's step. */
  readonly chunk: number;
  /** Threads of a workgroup along a row of C, a power of two. */
  readonly across: number;
  /** Workgroups along a row and down a column of C. */
  readonly columnGroups: number;
  readonly rowGroups: number;
  readonly grid: readonly [number, number];
}

/** Threads that keep a software adapter busy: a few per core and lane. */
const SOFTWARE_THREADS = 64;

/** Workgroups that keep a GPU busy; 132 multiprocessors are the most there are today. */
const GPU_GROUPS = 128;

/** Threads that do, where a thread has its own block. */
const GPU_THREADS = 64 * GPU_GROUPS;

/** Rows that leave most of a tile empty, and columns that keep threads busy then. */
const FEW_ROWS = 8;
const MANY_COLUMNS = 64;

/** Rows and columns that leave most of a tile empty, and how many such products are a GPU's work. */
const SMALL_SIDE = 16;
const MANY_PRODUCTS = 64;

/**
 * Multiplications that take less time than it takes to compile blocks of 8 × 8, which on SwiftShader is
 * two to three times that of 4 × 4.
 */
const SMALL_PRODUCT = 2 ** 18;

/** Shortest part of k worth a second pass over the output. */
const SHORTEST_SPLIT = 256;

/** Rows and columns of a thread's block or a workgroup's tile, and the step along k. */
function sidesOf(
  kernel: MatmulPlan["kernel"],
  tall: boolean,
  columns: number,
): [number, number, number] {
  if (kernel === "tiled") return [64, 64, 32];
  if (kernel === "tiledSmall") return [32, 32, 32];
  return [tall ? 8 : 4, columns, 4];
}

/** Columns of a thread's block: the widest that is nearly filled and leaves threads enough. */
function columnsOf({ batch, m, n }: MatmulProblem, isSmall: boolean): MatmulPlan["columns"] {
  if (n <= 4 || isSmall) return 4;
  const blocks = Math.ceil(m / 8) * Math.ceil(n / 16);
  const isFilled = m * n >= 0.8 * 128 * blocks;
  return isFilled && blocks * batch >= SOFTWARE_THREADS ? 16 : 8;
}

/** Threads along one side of a square workgroup, as far as these have blocks of their own. */
const GROUP_SIDES = { block: 8, tiled: 1, tiledSmall: 1 };

/**
 * Threads of a workgroup along a row that has `blocks`. A few columns take few of them, and more rows
 * the others: side by side in a vector of a software adapter, idle ones would cost what busy ones do.
 */
function threadsAcross(blocks: number, side: number): number {
  return Math.min(side, 2 ** Math.ceil(Math.log2(Math.max(1, blocks))));
}

/**
 * The kernel for a product on a GPU: tiles through workgroup memory, small ones where large ones are
 * too few. A few rows, as of a single example, and small products in a batch take registers alone:
 * neighbouring threads read neighbouring columns, unless both operands lie along k.
 */
function gpuKernelFor({ batch, m, n, isAlongK = false }: MatmulProblem): MatmulPlan["kernel"] {
  const isFlat = m <= FEW_ROWS && n >= MANY_COLUMNS;
  const isSmall = Math.max(m, n) <= SMALL_SIDE && batch >= MANY_PRODUCTS;
  if ((isFlat || isSmall) && !isAlongK) return "block";
  const tiles = Math.ceil(m / 64) * Math.ceil(n / 64) * batch;
  return tiles < GPU_GROUPS || m <= 32 || n <= 32 ? "tiledSmall" : "tiled";
}

/**
 * The plan for a product. On SwiftShader tiles through workgroup memory are two to five times slower
 * than registers alone. A small output with a long k is split along k, so that enough threads work.
 */
export function planMatmul(problem: MatmulProblem, adapterClass: AdapterClass): MatmulPlan {
  const { batch, m, n, k } = problem;
  const isGpu = adapterClass === "gpu";
  const kernel = isGpu ? gpuKernelFor(problem) : "block";
  const isSmall = isGpu || batch * m * n * k <= SMALL_PRODUCT;
  const tall = m > 4 && !isSmall;
  const blockColumns = columnsOf(problem, isSmall);
  const [rows, columns, step] = sidesOf(kernel, tall, blockColumns);
  const blocks = Math.ceil(m / rows) * Math.ceil(n / columns) * batch;
  const wanted = !isGpu ? SOFTWARE_THREADS : kernel === "block" ? GPU_THREADS : GPU_GROUPS;
  const most = Math.max(1, Math.floor(k / SHORTEST_SPLIT));
  const parts = Math.min(most, Math.ceil(wanted / blocks));
  const chunk = Math.max(step, Math.ceil(k / parts / step) * step);
  const splits = Math.max(1, Math.ceil(k / chunk));
  const side = GROUP_SIDES[kernel];
  const across = threadsAcross(Math.ceil(n / columns), side);
  const columnGroups = Math.ceil(Math.ceil(n / columns) / across);
  const rowGroups = Math.ceil(Math.ceil(m / rows) / (side ** 2 / across));
  const grid = fold(columnGroups * rowGroups * batch * splits);
  const plan = { kernel, tall, columns: blockColumns, splits, chunk, across };
  return { ...plan, columnGroups, rowGroups, grid };
}
