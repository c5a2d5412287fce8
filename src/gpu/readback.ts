// Bytes back from the GPU: copies of one turn share a staging buffer and one mapping.

import type { Block, BufferPool } from "./buffers.ts";
import type { Recorder } from "./recorder.ts";
import type { Runtime } from "./adapter.ts";

/** One staging buffer on its way: requests join until it is full or their turn ends. */
interface Batch {
  readonly staging: Block;
  used: number;
  readonly mapped: Promise<ArrayBuffer>;
}

/** Staging bytes of a batch; a larger request gets a batch of its own. */
const BATCH_BYTES: Record<Runtime, number> = {
  browser: 64 * 1024,
  node: 64 * 1024,
  // Deno's mapAsync blocks until the GPU is idle and then sleeps 10 ms: a larger batch, fewer maps.
  deno: 256 * 1024,
};

/** Idle staging buffers kept for reuse. */
const MAX_IDLE = 4;

/** The read-back ring of a device. */
export class Readback {
  readonly #pool: BufferPool;
  readonly #recorder: Recorder;
  readonly #batchBytes: number;
  readonly #idle: Block[] = [];
  #open: Batch | undefined;

  constructor(pool: BufferPool, recorder: Recorder, runtime: Runtime) {
    this.#pool = pool;
    this.#recorder = recorder;
    this.#batchBytes = BATCH_BYTES[runtime];
  }

  /** A copy of `bytes` (a multiple of 4) as they are after all commands recorded so far. */
  async read(block: Block, byteOffset: number, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return new ArrayBuffer(0);
    let batch = this.#open;
    if (batch === undefined || batch.used + bytes > batch.staging.size) {
      batch = this.#start(bytes);
    }
    const at = batch.used;
    batch.used += bytes;
    this.#recorder.copy(block, byteOffset, batch.staging, at, bytes);
    return (await batch.mapped).slice(at, at + bytes);
  }

  #start(bytes: number): Batch {
    const index = this.#idle.findIndex((staging) => staging.size >= bytes);
    const staging =
      this.#idle.splice(index, index < 0 ? 0 : 1)[0] ??
      this.#pool.allocate(Math.max(bytes, this.#batchBytes), "staging");
    const batch: Batch = {
      staging,
      used: 0,
      mapped: Promise.resolve().then(() => this.#map(batch)),
    };
    this.#open = batch;
    return batch;
  }

  async #map(batch: Batch): Promise<ArrayBuffer> {
    if (this.#open === batch) this.#open = undefined;
    const { staging, used } = batch;
    this.#recorder.flush();
    if (this.#recorder.failure !== undefined) throw this.#recorder.failure;
    try {
      await staging.buffer.mapAsync(GPUMapMode.READ, 0, used);
    } catch (cause) {
      throw this.#recorder.failure ?? cause;
    }
    const bytes = staging.buffer.getMappedRange(0, used).slice(0);
    staging.buffer.unmap();
    if (this.#idle.length < MAX_IDLE && staging.size === this.#batchBytes) this.#idle.push(staging);
    else this.#pool.release(staging);
    return bytes;
  }
}
