// Arguments as blocks that commands can bind in place of a port.

import type { Block } from "../gpu/buffers.ts";
import { copy } from "../ops/elementwise.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensorsIn } from "./structure.ts";

/**
 * Whether commands may bind the tensor's own block: it begins there, and nothing they write lies in
 * the same buffer, as a variable would.
 */
function isPlain({ isContiguous, offset, block }: Tensor): boolean {
  return isContiguous && offset === 0 && block.kind === "tensor" && block.root === block;
}

/** Calls `body` with a block per tensor among the arguments; copies are freed afterwards. */
export function withBlocks<T>(args: unknown, body: (blocks: readonly Block[]) => T): T {
  const copies: Tensor[] = [];
  const blocks = tensorsIn(args).map((given) => {
    if (isPlain(given)) return given.block;
    const made = copy.run(given);
    copies.push(made);
    return made.block;
  });
  try {
    return body(blocks);
  } finally {
    for (const made of copies) made.dispose();
  }
}
