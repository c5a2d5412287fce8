// Keras's GRU: gates z, r, h, with the new state z · h + (1 − z) · h'.
// https://keras.io/api/layers/recurrent_layers/gru/

import type { GRU } from "../nn/recurrent/gru.ts";
import type { HostArray } from "../data/hostArray.ts";
import type { Variable } from "../tensor/variable.ts";
import { permuteBlocks } from "./arrange.ts";
import type { NameOf } from "./kerasAttention.ts";
import { type GateOrder, type Mapping, mapGates } from "./mapping.ts";

/** Between z, r, h and Renga's r, z, n: the same swap in both directions. */
const AFTER: GateOrder = { order: [1, 0, 2] };

/** Renga's new state is (1 − z) · h + z · h', and 1 − σ(x) is σ(−x). */
const BEFORE: GateOrder = { order: [0, 1, 2], signs: [-1, 1, 1] };

/** With `reset_after` there is one bias `[2, 3 · hidden]` for inputs and states. */
export function mapKerasGru(core: GRU, nameOf: NameOf): Mapping[] {
  const { _bH: hiddenBias, inputToHidden, hiddenToHidden } = core;
  const bias = core.b as Variable;
  const gates = hiddenBias === undefined ? BEFORE : AFTER;
  return [
    mapGates(inputToHidden, nameOf("kernel"), gates),
    mapGates(hiddenToHidden, nameOf("recurrent_kernel"), gates),
    hiddenBias === undefined
      ? mapGates(bias, nameOf("bias"), gates)
      : bothBiases([bias, hiddenBias], nameOf("bias")),
  ];
}

function bothBiases(variables: readonly [Variable, Variable], name: string): Mapping {
  const { size } = variables[0];
  const swapped = (array: HostArray): HostArray => permuteBlocks(array, AFTER.order);
  return {
    variables,
    tensors: [{ name, shape: [2, size] }],
    decode([array]) {
      const { dtype, data } = swapped(array as HostArray);
      return [0, 1].map((row) => {
        return { dtype, shape: [size], data: data.subarray(row * size, (row + 1) * size) };
      });
    },
    encode(values) {
      const data = new Float32Array(2 * size);
      values.forEach((value, row) => data.set(value.data, row * size));
      return [swapped({ dtype: "f32", shape: [2, size], data })];
    },
  };
}
