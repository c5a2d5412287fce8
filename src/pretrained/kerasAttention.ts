// Keras's attention, whose kernels have an axis of heads.
// https://keras.io/api/layers/attention_layers/multi_head_attention/

import type { MultiHeadAttention } from "../nn/attention/multiHeadAttention.ts";
import type { Linear } from "../nn/linear.ts";
import { type Mapping, mapTensor } from "./mapping.ts";

/** The name of a weight in the file. */
export type NameOf = (weight: string) => string;

/** Kernels `[in, heads, size]` of queries, keys and values, and `[heads, size, out]` of the outputs. */
export function mapKerasAttention(attention: MultiHeadAttention, nameOf: NameOf): Mapping[] {
  const { numHeads, numKeyValueHeads = numHeads } = attention.options;
  const { query, key, value, output } = attention as unknown as Record<string, Linear>;
  const inner = [
    ["query", query, numHeads],
    ["key", key, numKeyValueHeads],
    ["value", value, numKeyValueHeads],
  ] as [string, Linear, number][];
  const { w, b } = output as Linear;
  const [joined, outputs] = w.shape as [number, number];
  const outer = nameOf("attention_output/kernel");
  return [
    ...inner.flatMap(([name, linear, heads]) => {
      const [inputs, columns] = linear.w.shape as [number, number];
      const size = columns / heads;
      const kernel = mapTensor(linear.w, nameOf(`${name}/kernel`), {
        shape: [inputs, heads, size],
      });
      if (linear.b === undefined) return [kernel];
      return [kernel, mapTensor(linear.b, nameOf(`${name}/bias`), { shape: [heads, size] })];
    }),
    mapTensor(w, outer, { shape: [numHeads, joined / numHeads, outputs] }),
    ...(b === undefined ? [] : [mapTensor(b, nameOf("attention_output/bias"))]),
  ];
}
