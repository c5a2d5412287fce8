// Where batches come from, as training sees it.

import type { Batch } from "./dataLoader.ts";
import type { HostArray } from "./hostArray.ts";

/** Batches one after the other, from a place that can be saved: a `DataLoader`, or one of your own. */
export interface Feed {
  /** The next batch without moving on; undefined at the end. */
  peek(): Promise<Batch | undefined> | undefined;
  /** The next batch, or undefined at the end. */
  next(): Promise<Batch | undefined>;
  /** The place after the last delivered batch; plain JSON, with `epoch` in it if there are epochs. */
  state(): unknown;
  /** What belongs to the place and is too large for JSON: a replay memory, say. */
  arrays?(): Readonly<Record<string, HostArray>>;
  /** Goes on exactly as after the batch at which `state` and `arrays` were taken. */
  restore(state: unknown, arrays?: Readonly<Record<string, HostArray>>): void;
}
