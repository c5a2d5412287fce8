// One call of a captured function.

import type { Block } from "../gpu/buffers.ts";
import { byteSize } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { withBlocks } from "./arguments.ts";
import { mapLeaves } from "./structure.ts";
import { type Traced, isSpec } from "./tracing.ts";

/** Sends the commands and returns the results, whose memory is new. */
export function replay(traced: Traced, args: readonly unknown[]): unknown {
  const { owner, capture, written, specs } = traced;
  const { recorder } = owner;
  for (const variable of written) variable.writableBlock();
  const tensors = specs.map(({ shape, dtype }) => Tensor.empty(shape, dtype));
  withBlocks(args, (inputs) => {
    const outputs: Block[] = [];
    // The first tensor for a block is where the commands put it; others get copies.
    specs.forEach(({ output }, i) => {
      if (output !== undefined) outputs[output] ??= (tensors[i] as Tensor).block;
    });
    capture.replay({ inputs, outputs, renews: !traced.isBegun });
    specs.forEach(({ block, output }, i) => {
      const y = tensors[i] as Tensor;
      if (y.size === 0 || (output !== undefined && outputs[output] === y.block)) return;
      recorder.copy(capture.blockOf(block), 0, y.block, 0, byteSize(y.dtype, y.size));
    });
  });
  traced.isBegun = false;
  recorder.flush();
  let next = 0;
  return mapLeaves(traced.result, isSpec, () => tensors[next++]);
}
