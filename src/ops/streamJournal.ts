// Which random streams a function drew, so that a second run of it draws the same.

import { UsageError } from "../errors.ts";

/** Where random numbers come from: a seed's place, known when commands are sent. */
export interface StreamPlace {
  readonly seed: number;
  readonly call: number;
}

export type Stream = () => StreamPlace;

/** What a part of a program does with the streams that it draws. */
interface Journal {
  readonly kind: "note" | "repeat" | "leave";
  readonly streams: Stream[];
  at: number;
}

const journals: Journal[] = [];

/** The stream that the innermost repetition has next, else a new one; entered where streams are noted. */
export function drawStream(next: () => Stream): Stream {
  const noting: Journal[] = [];
  let stream: Stream | undefined;
  let isLeft = false;
  for (let i = journals.length - 1; i >= 0; i--) {
    const journal = journals[i] as Journal;
    if (journal.kind === "leave") isLeft = true;
    if (journal.kind === "note" && !isLeft) noting.push(journal);
    if (journal.kind !== "repeat") continue;
    stream = isLeft ? undefined : journal.streams[journal.at++];
    if (stream === undefined) throw unlike();
    break;
  }
  stream ??= next();
  for (const { streams } of noting) streams.push(stream);
  return stream;
}

/** Runs `body` and notes the streams that it draws. */
export function notingStreams<T>(body: () => T): { result: T; streams: readonly Stream[] } {
  const streams: Stream[] = [];
  return { result: within({ kind: "note", streams, at: 0 }, body), streams };
}

/** Runs `body` again with the streams of its first run. @throws {UsageError} if it draws others. */
export function repeatingStreams<T>(streams: readonly Stream[], body: () => T): T {
  const journal: Journal = { kind: "repeat", streams: [...streams], at: 0 };
  const result = within(journal, body);
  if (journal.at !== streams.length) throw unlike();
  return result;
}

/** Runs what happens once in a program's life, such as initializing variables: nobody repeats it. */
export function leavingStreams<T>(body: () => T): T {
  return within({ kind: "leave", streams: [], at: 0 }, body);
}

function within<T>(journal: Journal, body: () => T): T {
  journals.push(journal);
  try {
    return body();
  } finally {
    journals.pop();
  }
}

function unlike(): UsageError {
  return new UsageError(
    "checkpoint",
    "a second run must draw as many random numbers as the first",
    {
      remedy:
        "Let the function do the same each time; make variables before, or in a @once method.",
    },
  );
}
