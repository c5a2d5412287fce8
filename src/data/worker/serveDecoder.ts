// Inside a worker: answers each item with what a decoder makes of it.

import { RengaError } from "../../errors.ts";
import { type MessageEnd, listen, transferablesOf } from "./messageEnd.ts";

/** An item for the worker. */
export interface DecodeRequest {
  readonly id: number;
  readonly item: unknown;
}

/** What went wrong in the worker, in parts that messages can carry. */
export interface DecodeFailure {
  readonly op: string | undefined;
  readonly rule: string;
  readonly got: string | undefined;
  readonly remedy: string | undefined;
}

/** What the worker made of an item. */
export interface DecodeReply {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: DecodeFailure;
}

/**
 * Answers a `workerDecoder` outside with what `decode` makes of each item. Typed arrays in the result go
 * over without being copied, and must not be used afterwards.
 *
 *     // decoder.ts, a module worker
 *     import { decodeImage, imageArray, serveDecoder } from "renga/data";
 *     serveDecoder(async (file: { name: string; bytes: Uint8Array }) =>
 *       imageArray(file.name, await decodeImage(file.bytes, file.name), { size: 64 }));
 *
 * @param end  where messages come from. Default: the worker's global scope; in Node pass `parentPort`.
 */
export function serveDecoder<Item>(
  decode: (item: Item) => unknown,
  end: MessageEnd = globalThis as MessageEnd,
): void {
  const answer = async ({ id, item }: DecodeRequest): Promise<void> => {
    let reply: DecodeReply;
    try {
      reply = { id, result: await decode(item as Item) };
      end.postMessage(reply, transferablesOf(reply.result) as never[]);
    } catch (error) {
      end.postMessage({ id, failure: failureOf(error) } satisfies DecodeReply);
    }
  };
  listen(end, (message) => void answer(message as DecodeRequest));
}

function failureOf(error: unknown): DecodeFailure {
  if (error instanceof RengaError) {
    const { op, rule, details } = error;
    return { op, rule, got: details.got, remedy: details.remedy };
  }
  const got = error instanceof Error ? error.message : String(error);
  return { op: undefined, rule: "the decoder must know the item", got, remedy: undefined };
}
