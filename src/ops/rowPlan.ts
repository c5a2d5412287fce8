// How kernels that make one result of each row share the work.

import { device } from "../gpu/device.ts";
import { fold, gridOf } from "./dispatch.ts";

/** Entry point of a row kernel, and its grid. */
export interface RowPlan {
  readonly entry: "threads" | "groups";
  readonly grid: [number, number];
}

/**
 * A thread per row for short rows, which leave most of a workgroup idle, and on software adapters,
 * which pay for barriers; otherwise a workgroup per row.
 *
 * @param shortest  a row of so many reads is still short.
 */
export function planRows(rows: number, length: number, shortest: number): RowPlan {
  const perThread = device().info.adapterClass === "software" || length <= shortest;
  return perThread
    ? { entry: "threads", grid: gridOf(rows) }
    : { entry: "groups", grid: fold(rows) };
}
