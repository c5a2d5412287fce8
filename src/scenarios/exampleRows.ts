// Examples that come by the batch, gathered in the host's memory.

import type { HostArray } from "../data/hostArray.ts";
import { toHostArray } from "../data/batchTensors.ts";
import { rowSize, rowsLike, sliceRows } from "../data/hostArray.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Room for a number of examples; their shape is that of the first batch. */
export class ExampleRows {
  readonly count: number;
  made = 0;
  #all: HostArray | undefined;

  constructor(count: number) {
    this.count = count;
  }

  /** Takes a batch from the GPU, which is freed there; what there is no room for is left out. */
  async take(batch: Tensor): Promise<void> {
    const given = await toHostArray(batch);
    batch.dispose();
    const all = (this.#all ??= rowsLike(given, this.count));
    const taken = sliceRows(given, 0, Math.min(given.shape[0] ?? 0, this.count - this.made));
    all.data.set(taken.data, this.made * rowSize(all));
    this.made += taken.shape[0] as number;
  }

  /** What was gathered. */
  array(): HostArray {
    return this.#all ?? { dtype: "f32", shape: [0], data: new Float32Array(0) };
  }
}
