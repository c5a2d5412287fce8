// PyTorch's attention, which holds the weights of queries, keys and values one below the other.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html

import type { MultiHeadAttention } from "../nn/attention/multiHeadAttention.ts";
import type { Linear } from "../nn/linear.ts";
import type { HostArray } from "../data/hostArray.ts";
import type { Variable } from "../tensor/variable.ts";
import { permuteAxes } from "./arrange.ts";
import { type Mapping, mapTensor } from "./mapping.ts";

/** `in_proj_weight [Σ out, in]`, `in_proj_bias [Σ out]`, `out_proj.weight`, `out_proj.bias`. */
export function mapPytorchAttention(attention: MultiHeadAttention, name: string): Mapping[] {
  const { query, key, value, output } = attention as unknown as Record<string, Linear>;
  const inner = [query, key, value] as Linear[];
  const { w, b } = output as Linear;
  const mappings = [
    stacked(
      inner.map((linear) => linear.w),
      `${name}.in_proj_weight`,
    ),
    mapTensor(w, `${name}.out_proj.weight`, { axes: [1, 0] }),
  ];
  if (b === undefined) return mappings;
  const biases = inner.map((linear) => linear.b as Variable);
  return [
    ...mappings,
    stacked(biases, `${name}.in_proj_bias`),
    mapTensor(b, `${name}.out_proj.bias`),
  ];
}

/** Variables `[in, out]` or `[out]` that lie one below the other in an array `[Σ out, in]` or `[Σ out]`. */
function stacked(variables: readonly Variable[], name: string): Mapping {
  const rows = variables.map(({ shape }) => shape.at(-1) as number);
  const inputs = variables[0]?.shape.slice(0, -1) ?? [];
  const shape = [rows.reduce((sum, n) => sum + n, 0), ...inputs];
  const row = inputs[0] ?? 1;
  const turned = (array: HostArray): HostArray =>
    array.shape.length === 2 ? permuteAxes(array, [1, 0]) : array;
  return {
    variables,
    tensors: [{ name, shape }],
    decode([array]) {
      const { dtype, data } = array as HostArray;
      let at = 0;
      return rows.map((count) => {
        const part = data.subarray(at, (at += count * row));
        return turned({ dtype, shape: [count, ...inputs], data: part });
      });
    },
    encode(values) {
      const data = new Float32Array((shape[0] as number) * row);
      let at = 0;
      for (const value of values) {
        data.set(turned(value).data, at);
        at += value.data.length;
      }
      return [{ dtype: "f32", shape, data }];
    },
  };
}
