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

/** What computes a product: a workgroup's tile, or a thread's block, of rows and columns. */
const FORMS = {
  tiled: { kernel: "tiled", rows: 64, columns: 64 },
  tiledSmall: { kernel: "tiledSmall", rows: 32, columns: 32 },
  "8x16": { kernel: "block", rows: 8, columns: 16 },
  "8x8": { kernel: "block", rows: 8, columns: 8 },
  "8x4": { kernel: "block", rows: 8, columns: 4 },
  "4x8": { kernel: "block", rows: 4, columns: 8 },
  "4x4": { kernel: "block", rows: 4, columns: 4 },
} as const;

export type MatmulForm = keyof typeof FORMS;

/** Forms worth a measurement. */
export const MATMUL_FORMS: Readonly<Record<AdapterClass, readonly MatmulForm[]>> = {
  gpu: ["tiled", "tiledSmall", "8x16", "8x8", "4x8", "4x4"],
  software: ["8x16", "8x8", "4x8", "4x4"],
};

/** How a product runs. */
export interface MatmulPlan {
  readonly kernel: "block" | "tiled" | "tiledSmall";
  /** Of a thread's block, or a workgroup's tile. */
  readonly rows: number;
  readonly columns: number;
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

/** A thread's block: the widest that is nearly filled and leaves threads enough. */
function softwareForm({ batch, m, n, k }: MatmulProblem): MatmulForm {
  if (batch * m * n * k <= SMALL_PRODUCT) return "4x4";
  if (m <= 4) return n <= 4 ? "4x4" : "4x8";
  const blocks = Math.ceil(m / 8) * Math.ceil(n / 16);
  const isFilled = m * n >= 0.8 * 128 * blocks;
  if (isFilled && blocks * batch >= SOFTWARE_THREADS) return "8x16";
  return n <= 4 ? "8x4" : "8x8";
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
 * What computes a product on a GPU: tiles through workgroup memory, small ones where large ones are
 * too few. A few rows, as of a single example, and small products in a batch take registers alone:
 * neighbouring threads read neighbouring columns, unless both operands lie along k.
 */
function gpuForm({ batch, m, n, isAlongK = false }: MatmulProblem): MatmulForm {
  const isFlat = m <= FEW_ROWS && n >= MANY_COLUMNS;
  const isSmall = Math.max(m, n) <= SMALL_SIDE && batch >= MANY_PRODUCTS;
  if ((isFlat || isSmall) && !isAlongK) return "4x4";
  const tiles = Math.ceil(m / 64) * Math.ceil(n / 64) * batch;
  return tiles < GPU_GROUPS || m <= 32 || n <= 32 ? "tiledSmall" : "tiled";
}

/**
 * What computes a product if nothing was measured. On SwiftShader tiles through workgroup memory are two
 * to five times slower than registers alone.
 */
export function usualForm(problem: MatmulProblem, adapterClass: AdapterClass): MatmulForm {
  return adapterClass === "gpu" ? gpuForm(problem) : softwareForm(problem);
}

/**
 * The plan for a product. A small output with a long k is split along k, so that enough threads work.
 */
export function planMatmul(
  problem: MatmulProblem,
  adapterClass: AdapterClass,
  form: MatmulForm = usualForm(problem, adapterClass),
): MatmulPlan {
  const { batch, m, n, k } = problem;
  const { kernel, rows, columns } = FORMS[form];
  const isGpu = adapterClass === "gpu";
  const step = kernel === "block" ? 4 : 32;
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
  const plan = { kernel, rows, columns, splits, chunk, across };
  return { ...plan, columnGroups, rowGroups, grid };
}
