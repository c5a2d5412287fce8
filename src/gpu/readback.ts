// Bytes back from the GPU, and how each runtime likes to be asked for them. Copies of one turn share a
// staging buffer and one mapping.

import { type Runtime, isFirefox } from "./adapter.ts";
import type { Block, BufferPool } from "./buffers.ts";
import type { Recorder } from "./recorder.ts";

/** A staging buffer that copies join until it is mapped. */
export interface StagingBatch {
  readonly staging: Block;
  used: number;
}

/** A batch of one turn. */
interface TurnBatch extends StagingBatch {
  readonly mapped: Promise<ArrayBuffer>;
}

/** How a runtime is best read from. */
export interface ReadPolicy {
  /** Staging bytes of a batch; a larger request gets a batch of its own. */
  readonly batchBytes: number;
  /** Milliseconds between the reads of a loop: much more than one read costs or is late. */
  readonly interval: number;
  /** Reads of a loop that may be on their way before it waits. */
  readonly ahead: number;
}

/** The policy of a runtime. */
export function readPolicy(runtime: Runtime): ReadPolicy {
  // mapAsync blocks the thread until the GPU is idle, and its promise then sleeps for 10 ms: the call
  // alone keeps the host near the GPU, and waiting for the promise would leave the GPU idle.
  if (runtime === "deno") return { batchBytes: 256 * 1024, interval: 250, ahead: 4 };
  // Firefox looks every 100 ms whether the GPU is done.
  if (runtime === "browser" && isFirefox())
    return { batchBytes: 64 * 1024, interval: 250, ahead: 1 };
  return { batchBytes: 64 * 1024, interval: 50, ahead: 1 };
}

/** Idle staging buffers kept for reuse. */
const MAX_IDLE = 4;

/** The ring of staging buffers of a device. */
export class Readback {
  readonly policy: ReadPolicy;
  readonly #pool: BufferPool;
  readonly #recorder: Recorder;
  readonly #idle: Block[] = [];
  #turn: TurnBatch | undefined;

  constructor(pool: BufferPool, recorder: Recorder, runtime: Runtime) {
    this.#pool = pool;
    this.#recorder = recorder;
    this.policy = readPolicy(runtime);
  }

  /** A copy of `bytes` (a multiple of 4) as they are after all commands recorded so far. */
  async read(block: Block, byteOffset: number, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return new ArrayBuffer(0);
    let batch = this.#turn;
    if (batch === undefined || batch.used + bytes > batch.staging.size) {
      batch = this.#startTurn(bytes);
    }
    const at = this.copy(batch, block, byteOffset, bytes);
    return (await batch.mapped).slice(at, at + bytes);
  }

  /** An empty batch of at least `bytes`. Whoever opens it maps or closes it. */
  open(bytes: number = this.policy.batchBytes): StagingBatch {
    const index = this.#idle.findIndex((staging) => staging.size >= bytes);
    const staging =
      this.#idle.splice(index, index < 0 ? 0 : 1)[0] ??
      this.#pool.allocate(Math.max(bytes, this.policy.batchBytes), "staging");
    return { staging, used: 0 };
  }

  /** Appends a copy to a batch that has room for it. Returns where in the batch it lies. */
  copy(batch: StagingBatch, block: Block, byteOffset: number, bytes: number): number {
    const at = batch.used;
    batch.used += bytes;
    this.#recorder.copy(block, byteOffset, batch.staging, at, bytes);
    return at;
  }

  /** What was copied into a batch, once the GPU has got there; closes the batch. */
  async map(batch: StagingBatch): Promise<ArrayBuffer> {
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
    this.close(batch);
    return bytes;
  }

  /** Takes a batch's memory back. */
  close({ staging }: StagingBatch): void {
    const isUsual = staging.size === this.policy.batchBytes;
    if (this.#idle.length < MAX_IDLE && isUsual) return void this.#idle.push(staging);
    // A buffer must not go before the copies into it.
    if (staging.lastUse === this.#recorder.serial) this.#recorder.flush();
    this.#pool.release(staging);
  }

  #startTurn(bytes: number): TurnBatch {
    const batch: TurnBatch = {
      ...this.open(bytes),
      mapped: Promise.resolve().then(() => {
        if (this.#turn === batch) this.#turn = undefined;
        return this.map(batch);
      }),
    };
    this.#turn = batch;
    return batch;
  }
}
