// What has come from the other replicas and waits to be asked for.

import { ReplicaError, UsageError } from "../errors.ts";
import type { TransportOptions } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Whoever waits for something to have come. */
interface Waiting {
  /** Ranks that something is still missing from. */
  readonly missing: () => readonly number[];
  readonly settle: (error?: ReplicaError) => void;
}

/** Messages by sender, in order. */
export class Mailbox {
  readonly #queues: readonly Bytes[][];
  readonly #gone = new Map<number, string>();
  readonly #rank: number;
  readonly #timeout: number;
  #waiting: Waiting | undefined;

  /** @throws {UsageError} unless there is a replica `rank` among `size`. */
  constructor(rank: number, size: number, { timeout = 120_000 }: TransportOptions) {
    if (!(Number.isInteger(rank) && Number.isInteger(size) && rank >= 0 && rank < size)) {
      const got = `rank ${rank} of ${size}`;
      throw new UsageError("transport", "ranks must be whole numbers from 0 to size − 1", { got });
    }
    this.#queues = Array.from({ length: size }, () => []);
    this.#rank = rank;
    this.#timeout = timeout;
  }

  deliver(from: number, bytes: Bytes): void {
    this.#queues[from]?.push(bytes);
    this.look();
  }

  /** A replica will send nothing more. What it has sent still counts. */
  leave(from: number, reason: string): void {
    if (!this.#gone.has(from)) this.#gone.set(from, reason);
    this.look();
  }

  /** @throws {ReplicaError} if this replica has left. */
  requireOpen(): void {
    const reason = this.#gone.get(this.#rank);
    if (reason !== undefined) throw failure(`replica ${this.#rank} gone: ${reason}`);
  }

  /** The next message of each replica, by rank, with `own` in this one's place. */
  async take(own: Bytes): Promise<Bytes[]> {
    await this.until((from) => this.#queues[from]?.length !== 0);
    return this.#queues.map((queue, from) =>
      from === this.#rank ? own : (queue.shift() as Bytes),
    );
  }

  /** Waits until `isThere` holds for each of the other replicas. */
  until(isThere: (from: number) => boolean): Promise<void> {
    const others = [...this.#queues.keys()].filter((from) => from !== this.#rank);
    return new Promise((resolve, reject) => {
      const missing = (): number[] => others.filter((from) => !isThere(from));
      const settle = (error?: ReplicaError): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => {
        const [who, seconds] = [missing().join(", "), this.#timeout / 1000];
        settle(failure(`no answer of replica ${who} in ${seconds} s`));
      }, this.#timeout);
      this.#waiting = { missing, settle };
      this.look();
    });
  }

  /** Sees whether whoever waits has what he waits for, or will never have it. */
  look(): void {
    if (this.#waiting === undefined) return;
    const missing = this.#waiting.missing();
    const lost = [this.#rank, ...missing].find((from) => this.#gone.has(from));
    if (lost !== undefined) {
      this.#waiting.settle(failure(`replica ${lost} gone: ${this.#gone.get(lost)}`));
    } else if (missing.length === 0) this.#waiting.settle();
  }
}

function failure(got: string): ReplicaError {
  return new ReplicaError("exchange", "every replica must take part", {
    got,
    remedy: "Start all of them again, from a checkpoint.",
  });
}
