// Replicas within one program.

import { RoundTransport } from "./roundTransport.ts";
import type { Transport, TransportOptions } from "./transport.ts";

class MemoryTransport extends RoundTransport {
  readonly #all: readonly MemoryTransport[];

  constructor(
    rank: number,
    size: number,
    all: readonly MemoryTransport[],
    options: TransportOptions,
  ) {
    super(rank, size, options);
    this.#all = all;
  }

  protected send(bytes: Uint8Array<ArrayBuffer>): void {
    for (const other of this.#all) if (other !== this) other.mailbox.deliver(this.rank, bytes);
  }

  protected leave(reason: string): void {
    for (const other of this.#all) if (other !== this) other.mailbox.leave(this.rank, reason);
  }
}

/**
 * Transports of `size` replicas in one program, by rank: for tests, and for a batch in parts that is too
 * large for the GPU's memory as a whole.
 */
export function memoryTransports(size: number, options: TransportOptions = {}): Transport[] {
  const all: MemoryTransport[] = [];
  for (let rank = 0; rank < size; rank++) all.push(new MemoryTransport(rank, size, all, options));
  return all;
}
