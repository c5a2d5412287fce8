// What transports have in common: rounds one after the other, whenever they were asked for.

import { Mailbox } from "./mailbox.ts";
import type { Transport, TransportOptions } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A transport over a mailbox, which subclasses fill. */
export abstract class RoundTransport implements Transport {
  readonly rank: number;
  readonly size: number;
  protected readonly mailbox: Mailbox;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();

  protected constructor(rank: number, size: number, options: TransportOptions) {
    this.mailbox = new Mailbox(rank, size, options);
    this.rank = rank;
    this.size = size;
  }

  exchange(bytes: Bytes): Promise<readonly Bytes[]> {
    const round = this.#last.then(async () => {
      this.mailbox.requireOpen();
      await this.send(bytes);
      return this.mailbox.take(bytes);
    });
    this.#last = round.catch(() => undefined);
    return round;
  }

  close(reason = "it was closed"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.mailbox.leave(this.rank, reason);
    this.leave(reason);
  }

  /** Brings bytes to the others. */
  protected abstract send(bytes: Bytes): void | Promise<void>;

  /** Tells the others that nothing more will come. */
  protected abstract leave(reason: string): void;
}
