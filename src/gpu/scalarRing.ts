// Numbers of many steps on their way to the host: gathered in staging memory as the GPU makes them,
// and read together, while the next ones gather.

import type { Block } from "./buffers.ts";
import type { Readback, StagingBatch } from "./readback.ts";

const SCALAR_BYTES = 4;

/** Reads of f32 scalars that neither stop the host nor the GPU. */
export class ScalarRing {
  readonly #readback: Readback;
  #batch: StagingBatch | undefined;
  #length = 0;

  constructor(readback: Readback) {
    this.#readback = readback;
  }

  /** Scalars gathered since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** Whether `take` must come before the next `push`. */
  get isFull(): boolean {
    return this.#batch !== undefined && this.#length * SCALAR_BYTES >= this.#batch.staging.size;
  }

  /** Gathers the scalar at a byte offset of a block, as it is after all commands recorded so far. */
  push(block: Block, byteOffset: number): void {
    this.#batch ??= this.#readback.open();
    this.#readback.copy(this.#batch, block, byteOffset, SCALAR_BYTES);
    this.#length++;
  }

  /** All scalars gathered so far, in order. They arrive once the GPU has made them. */
  async take(): Promise<Float32Array> {
    const batch = this.#batch;
    this.#batch = undefined;
    this.#length = 0;
    return batch === undefined
      ? new Float32Array(0)
      : new Float32Array(await this.#readback.map(batch));
  }

  /** Forgets what was gathered. */
  clear(): void {
    if (this.#batch !== undefined) this.#readback.close(this.#batch);
    this.#batch = undefined;
    this.#length = 0;
  }
}
