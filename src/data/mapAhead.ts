// Work on a stream, some items at a time, in order.

import { UsageError } from "../errors.ts";

/** Options of `mapAhead`. */
export interface MapAheadOptions {
  /** Items that are worked on at a time. Default 4. */
  readonly ahead?: number;
}

/**
 * What `fn` makes of each item, in the order of the items, while the next ones are already worked on.
 *
 * @param fn  reads and decodes a file, say; or a `workerDecoder`.
 * @throws whatever `fn` throws, at the place of its item; the items are then let go of.
 */
export async function* mapAhead<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  fn: (item: Item) => Result | Promise<Result>,
  options: MapAheadOptions = {},
): AsyncGenerator<Result> {
  const { ahead = 4 } = options;
  if (!Number.isInteger(ahead) || ahead < 1) {
    throw new UsageError("mapAhead", "ahead must be a positive integer", { got: `${ahead}` });
  }
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    const result = Promise.resolve().then(() => fn(item));
    result.catch(() => undefined); // thrown where it is awaited
    running.push(result);
    if (running.length === ahead) yield await (running.shift() as Promise<Result>);
  }
  for (const result of running) yield await result;
}
