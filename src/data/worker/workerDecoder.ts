// Outside of workers: a function whose work is done in them.

import { DataError, UsageError } from "../../errors.ts";
import { type MessageEnd, listen } from "./messageEnd.ts";
import type { DecodeReply } from "./serveDecoder.ts";

/** A function that runs in workers. */
export interface WorkerDecoder<Item, Result> {
  (item: Item): Promise<Result>;
  /** Ends the workers; what they still work on is rejected. */
  close(): void;
}

/** Somebody who waits for an answer. */
interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** A worker and who waits for it. */
class Lane {
  readonly end: MessageEnd;
  readonly waiting: Map<number, Waiting> = new Map();
  failure: DataError | undefined;

  constructor(end: MessageEnd) {
    this.end = end;
    listen(
      end,
      (message) => this.#settle(message as DecodeReply),
      (cause) => this.fail(cause),
    );
  }

  /** All who wait, and who will, are told. */
  fail(cause: unknown): void {
    const got = cause instanceof Error ? cause.message : String(cause);
    this.failure ??= new DataError("workerDecoder", "the worker must keep running", { got, cause });
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }

  #settle({ id, result, failure }: DecodeReply): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (failure === undefined) return waiting?.resolve(result);
    const { op = "workerDecoder", rule, got, remedy } = failure;
    waiting?.reject(new DataError(op, rule, { got, remedy }));
  }
}

/**
 * A decoder that works in one or several workers in which `serveDecoder` was called; each item goes to
 * the one with the least to do. With `mapAhead` it feeds a `StreamLoader`:
 *
 *     const url = new URL("./decoder.js", import.meta.url);
 *     const decode = workerDecoder<File, Example>(new Worker(url, { type: "module" }));
 *     const data = new StreamLoader(() => mapAhead(files, decode, { ahead: 8 }), { batchSize: 32 });
 *
 * @returns a function that rejects with a DataError if the decoder throws or the worker breaks down.
 */
export function workerDecoder<Item, Result>(
  workers: MessageEnd | readonly MessageEnd[],
): WorkerDecoder<Item, Result> {
  const ends = Array.isArray(workers)
    ? (workers as readonly MessageEnd[])
    : [workers as MessageEnd];
  if (ends.length === 0) throw new UsageError("workerDecoder", "there must be at least one worker");
  const lanes = ends.map((end) => new Lane(end));
  let count = 0;
  const decode = (item: Item): Promise<Result> => {
    const alive = lanes.filter(({ failure }) => failure === undefined);
    const [lane] = alive.sort((a, b) => a.waiting.size - b.waiting.size);
    if (lane === undefined) return Promise.reject(lanes[0]?.failure as DataError);
    const id = count++;
    return new Promise<Result>((resolve, reject) => {
      lane.waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      try {
        lane.end.postMessage({ id, item });
      } catch (error) {
        lane.waiting.delete(id);
        reject(error as Error); // an item that messages cannot carry
      }
    });
  };
  const close = (): void => {
    for (const lane of lanes) {
      lane.fail("close()");
      void (lane.end.terminate ?? lane.end.close)?.call(lane.end);
    }
  };
  return Object.assign(decode, { close });
}
