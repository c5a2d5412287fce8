// Replicas in workers or pages, by messages.

import { UsageError } from "../errors.ts";
import { RoundTransport } from "./roundTransport.ts";
import type { Transport, TransportOptions } from "./transport.ts";

/**
 * What carries messages: a `MessagePort`, a `BroadcastChannel`, a `Worker`, or the global scope within one.
 */
export interface MessageEndpoint {
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
  /** Ports hold messages back until then. */
  start?(): void;
}

/** Options of `messageTransport`. */
export interface MessageTransportOptions extends TransportOptions {
  readonly rank: number;
  readonly size: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** What replicas send each other. The first one is answered, so that all know when all are there. */
type Message =
  | { readonly renga: "hello"; readonly from: number; readonly size: number }
  | { readonly renga: "bytes"; readonly from: number; readonly bytes: Bytes }
  | { readonly renga: "leave"; readonly from: number; readonly reason: string };

class MessageTransport extends RoundTransport {
  readonly #endpoints: readonly MessageEndpoint[];
  /** Where each replica was met. */
  readonly #met = new Map<number, MessageEndpoint>();
  readonly #stops: (() => void)[] = [];

  constructor(endpoints: readonly MessageEndpoint[], options: MessageTransportOptions) {
    super(options.rank, options.size, options);
    this.#endpoints = endpoints;
    for (const endpoint of endpoints) {
      this.#listen(endpoint, "message", (event) => this.#receive(endpoint, event));
      this.#listen(endpoint, "close", () => this.#lose(endpoint));
      endpoint.start?.();
      this.#post({ renga: "hello", from: this.rank, size: this.size }, endpoint);
    }
  }

  protected async send(bytes: Bytes): Promise<void> {
    await this.mailbox.until((from) => this.#met.has(from));
    const message: Message = { renga: "bytes", from: this.rank, bytes };
    for (const endpoint of this.#endpoints) this.#post(message, endpoint);
  }

  protected leave(reason: string): void {
    const message: Message = { renga: "leave", from: this.rank, reason };
    for (const endpoint of this.#endpoints) this.#post(message, endpoint);
    for (const stop of this.#stops.splice(0)) stop();
  }

  #post(message: Message, endpoint: MessageEndpoint): void {
    endpoint.postMessage(message);
  }

  #listen(endpoint: MessageEndpoint, type: string, listener: (event: Event) => void): void {
    endpoint.addEventListener(type, listener);
    this.#stops.push(() => endpoint.removeEventListener(type, listener));
  }

  #receive(endpoint: MessageEndpoint, event: Event): void {
    const message = (event as MessageEvent<Partial<Message> | null>).data;
    // Others may use the same endpoint.
    if (typeof message !== "object" || message?.renga === undefined) return;
    const given = message as Message;
    if (given.renga === "hello") this.#meet(endpoint, given);
    else if (given.renga === "leave") this.mailbox.leave(given.from, given.reason);
    else if (this.#met.get(given.from) === endpoint) this.mailbox.deliver(given.from, given.bytes);
  }

  #meet(endpoint: MessageEndpoint, { from, size }: { from: number; size: number }): void {
    if (from === this.rank || size !== this.size) {
      const got = `rank ${from} of ${size} beside rank ${this.rank} of ${this.size}`;
      const { message } = new UsageError("messageTransport", "replicas must have a rank each", {
        got,
      });
      this.close(message);
    } else if (!this.#met.has(from)) {
      this.#met.set(from, endpoint);
      this.#post({ renga: "hello", from: this.rank, size: this.size }, endpoint);
      this.mailbox.look();
    }
  }

  /** The other side of a port is gone, and with it whoever is heard there alone. */
  #lose(endpoint: MessageEndpoint): void {
    for (const [from, where] of this.#met) {
      if (where === endpoint) this.mailbox.leave(from, "its port was closed");
    }
  }
}

/**
 * A way to replicas in other workers or pages of one machine:
 *
 *     messageTransport([new BroadcastChannel("training")], { rank, size: 2 })
 *     messageTransport(ports, { rank, size }) // those of `portMesh`, by postMessage to workers
 *
 * The first round waits until all replicas are there.
 *
 * @param endpoints  which together reach every other replica.
 * @throws {UsageError} unless `rank` is one of `size`.
 */
export function messageTransport(
  endpoints: readonly MessageEndpoint[],
  options: MessageTransportOptions,
): Transport {
  return new MessageTransport(endpoints, options);
}

/**
 * Ports from each replica to every other one, for workers that cannot use a `BroadcastChannel`: row `rank`
 * goes to that worker, `worker.postMessage({ ports: mesh[rank] }, mesh[rank])`.
 */
export function portMesh(size: number): MessagePort[][] {
  const mesh = Array.from({ length: size }, (): MessagePort[] => []);
  mesh.forEach((ports, rank) => {
    for (const others of mesh.slice(rank + 1)) {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      others.push(port2);
    }
  });
  return mesh;
}
