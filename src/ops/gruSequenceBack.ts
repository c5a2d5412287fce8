// All steps of a GRU backwards but the last of the sequence, in one dispatch.

import { device } from "../gpu/device.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type KernelFamily, fold } from "./dispatch.ts";
import { type Walk, lanesOf } from "./recurrence.ts";
import { ROWS_PER_GROUP } from "./recurrentPlan.ts";

/** What the forward pass has left. */
export interface GruPass {
  readonly walk: Walk;
  readonly gates: Tensor;
  readonly hiddens: Tensor;
  readonly weights: Tensor;
}

/** Dispatches a kernel of `kernels` over a pass; what it writes are `targets`. */
export function gruSequenceBack(
  kernels: KernelFamily<"1" | "4">,
  { walk, gates, hiddens, weights }: GruPass,
  dHiddens: Tensor | null,
  targets: readonly Tensor[],
): void {
  const { length, rows, hidden, reverse, lengths, size } = walk;
  if (size === 0) return;
  const lanes = lanesOf(hidden, [weights, dHiddens]);
  const dys = dHiddens ?? gates;
  const reads = [gates, hiddens, dys, weights, lengths ?? gates];
  const flags = [reverse, dHiddens, lengths].map((flag) => (flag ? 1 : 0));
  const offsets = [dys.offset / lanes, weights.offset / lanes, lengths?.offset ?? 0];
  device().dispatch(
    kernels.get(`${lanes}`),
    [...reads, ...targets].map(({ block }) => block),
    [rows, hidden / lanes, lanes, length, ...flags, ...offsets],
    ...fold(Math.ceil(rows / ROWS_PER_GROUP)),
  );
}
