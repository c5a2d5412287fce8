// Which matmul kernel runs, on which grid, in how many splits. Pure, so that it can be tested.

import type { AdapterClass } from "../gpu/adapter.ts";
import { fold } from "./dispatch.ts";

/** One product C[m, n] = A[m, k] · B[k, n], repeated over a batch. */
export interface MatmulProblem {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** How a product runs. */
export interface MatmulPlan {
  readonly kernel: "block" | "tiled";
  /** Block kernel: 8 rows or 4 per thread. */
  readonly tall: boolean;
  /** Block kernel: 8 columns or 4 per thread. */
  readonly wide: boolean;
  /** Parts of k that are summed apart; above 1 a second kernel joins them. */
  readonly splits: number;
  /** Length of a part, a multiple of the kernel's step. */
  readonly chunk: number;
  /** Workgroups along a row and down a column of C. */
  readonly columnGroups: number;
  readonly rowGroups: number;
  readonly grid: readonly [number, number];
}

/** Threads that keep a software adapter busy: a few per core and lane. */
const SOFTWARE_THREADS = 64;

/** Workgroups that keep a GPU busy; 132 multiprocessors are the most there are today. */
const GPU_GROUPS = 128;

/** Shortest part of k worth a second pass over the output. */
const SHORTEST_SPLIT = 256;

/**
 * The plan for a product. Software adapters run the block kernel: on SwiftShader tiles through
 * workgroup memory are two to five times slower than registers alone. GPUs run the tiled kernel. A
 * small output with a long k is split along k, so that enough threads work.
 */
export function planMatmul(problem: MatmulProblem, adapterClass: AdapterClass): MatmulPlan {
  const { batch, m, n, k } = problem;
  const isTiled = adapterClass === "gpu";
  const tall = m > 4;
  const wide = n > 4;
  const rows = isTiled ? 64 : tall ? 8 : 4;
  const columns = isTiled ? 64 : wide ? 8 : 4;
  const blocks = Math.ceil(m / rows) * Math.ceil(n / columns) * batch;
  const wanted = isTiled ? GPU_GROUPS : SOFTWARE_THREADS;
  const most = Math.max(1, Math.floor(k / SHORTEST_SPLIT));
  const step = isTiled ? 32 : 4;
  const parts = Math.min(most, Math.ceil(wanted / blocks));
  const chunk = Math.max(step, Math.ceil(k / parts / step) * step);
  const splits = Math.max(1, Math.ceil(k / chunk));
  const group = isTiled ? 1 : 8;
  const columnGroups = Math.ceil(Math.ceil(n / columns) / group);
  const rowGroups = Math.ceil(Math.ceil(m / rows) / group);
  return {
    kernel: isTiled ? "tiled" : "block",
    tall,
    wide,
    splits,
    chunk,
    columnGroups,
    rowGroups,
    grid: fold(columnGroups * rowGroups * batch * splits),
  };
}
