// One call of a captured function.

import type { Block } from "../gpu/buffers.ts";
import { byteSize } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { withBlocks } from "./arguments.ts";
import { Spec, type Traced } from "./tracing.ts";

/** Sends the commands and returns the results, whose memory is new. */
export function replay(traced: Traced, args: readonly unknown[]): unknown {
  const { owner, capture, written } = traced;
  const { recorder } = owner;
  for (const variable of written) variable.writableBlock();
  // The first tensor for a block is where the commands put it; others get copies.
  const places = new Map<Block, Tensor>();
  const copies: [Spec, Tensor][] = [];
  const outputs = new Set(capture.outputs);
  const result = mapSpecs(traced.result, (spec) => {
    const y = Tensor.empty(spec.shape, spec.dtype);
    if (outputs.has(spec.block) && !places.has(spec.block)) places.set(spec.block, y);
    else if (y.size > 0) copies.push([spec, y]);
    return y;
  });
  withBlocks(args, (inputs) => {
    const blocks = [...outputs].map((block) => (places.get(block) as Tensor).block);
    capture.replay({ inputs, outputs: blocks, renews: !traced.isBegun });
  });
  traced.isBegun = false;
  for (const [{ block }, y] of copies) {
    recorder.copy(capture.blockOf(block), 0, y.block, 0, byteSize(y.dtype, y.size));
  }
  recorder.flush();
  return result;
}

function mapSpecs(value: unknown, map: (spec: Spec) => Tensor): unknown {
  if (value instanceof Spec) return map(value);
  if (Array.isArray(value)) return value.map((item) => mapSpecs(item, map));
  if (value === null || typeof value !== "object" || value instanceof Tensor) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, mapSpecs(item, map)]);
  return Object.fromEntries(entries);
}
