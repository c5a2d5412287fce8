// One call of a captured function.

import type { Block } from "../gpu/buffers.ts";
import { Storage, Tensor } from "../tensor/tensor.ts";
import { withBlocks } from "./arguments.ts";
import { mapLeaves } from "./structure.ts";
import { type Traced, isSpec } from "./tracing.ts";

/** Sends the commands and returns the results, whose memory is new. */
export function replay(traced: Traced, args: readonly unknown[]): unknown {
  const { owner, capture, written, specs } = traced;
  for (const variable of written) variable.writableBlock();
  const blocks = specs.map(({ bytes }) => owner.allocate(bytes));
  withBlocks(args, (inputs) => {
    const outputs: Block[] = [];
    specs.forEach(({ output }, i) => {
      if (output !== undefined) outputs[output] = blocks[i] as Block;
    });
    capture.replay({ inputs, outputs, renews: !traced.isBegun });
    specs.forEach(({ block, output, bytes }, i) => {
      if (output !== undefined) return;
      owner.recorder.copy(capture.blockOf(block), 0, blocks[i] as Block, 0, bytes);
    });
  });
  traced.isBegun = false;
  owner.recorder.flush();
  let next = 0;
  return mapLeaves(traced.result, isSpec, ({ shape, dtype }) => {
    return new Tensor(new Storage(owner, blocks[next++] as Block), shape, dtype);
  });
}
