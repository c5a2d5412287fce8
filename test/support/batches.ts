// Data that comes to a metric in batches.

import { type Tensor, slice } from "../../src/index.ts";
import type { Metric } from "../../src/metrics/index.ts";

/**
 * The metric's result for rows that come in batches of these sizes, after a reset.
 *
 * @param tensors  as many rows each; batches are views of them.
 */
export async function resultOf(
  metric: Metric<[Tensor, Tensor]>,
  tensors: readonly [Tensor, Tensor],
  sizes: readonly number[] = [tensors[1].shape[0] as number],
): Promise<number> {
  metric.reset();
  let from = 0;
  for (const size of sizes) {
    const part = (x: Tensor): Tensor => slice(x, [[from, from + size]]);
    metric.update(part(tensors[0]), part(tensors[1]));
    from += size;
  }
  return metric.result();
}
