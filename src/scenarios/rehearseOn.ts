// Showing a batch to modules before a run begins.

import { rehearse } from "../compile/tracing.ts";
import { toTensors } from "../data/batchTensors.ts";
import type { Feed } from "../data/feed.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Fields } from "./fields.ts";

/**
 * Runs `body` on the first batch of a feed, so that modules make their variables; nothing else that it
 * does to variables happens, unless it reads numbers back. Without a batch it does not run.
 */
export async function rehearseOn(feed: Feed, body: (fields: Fields) => void): Promise<void> {
  const batch = await feed.peek();
  if (batch === undefined) return;
  untaped(() =>
    scope(() => {
      const fields = toTensors(batch);
      const names = Object.keys(fields);
      const run = (...operands: Tensor[]): void =>
        body(Object.fromEntries(names.map((name, i) => [name, operands[i] as Tensor])));
      if (!rehearse(run, Object.values(fields))) body(fields);
    }),
  );
}
