// The axes that a norm takes its mean over.

import { UsageError } from "../errors.ts";

/** Axes from `start` up to `stop`, which is left out; negative ones count from the end. */
export interface AxisSlice {
  readonly start: number;
  readonly stop?: number;
}

/** One axis, several, or a slice, which stands for other axes at another rank. */
export type NormAxes = number | readonly number[] | AxisSlice;

/** The axes for inputs of `rank`, ascending. @throws {UsageError} if one is outside or said twice. */
export function resolveAxes(name: string, axes: NormAxes, rank: number): number[] {
  const list =
    typeof axes === "number"
      ? [axes]
      : Array.isArray(axes)
        ? axes
        : sliced(axes as AxisSlice, rank);
  const found = list.map((axis: number) => (axis < 0 ? axis + rank : axis));
  const isFine = found.every((axis: number) => Number.isInteger(axis) && axis >= 0 && axis < rank);
  if (isFine && new Set(found).size === found.length) return found.toSorted((a, b) => a - b);
  throw new UsageError(name, "axis must name axes of the input, each once", {
    got: `${JSON.stringify(axes)} for rank ${rank}`,
  });
}

function sliced({ start, stop }: AxisSlice, rank: number): number[] {
  const bound = (at: number): number => Math.min(rank, Math.max(0, at < 0 ? at + rank : at));
  const [from, to] = [bound(start), bound(stop ?? rank)];
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
