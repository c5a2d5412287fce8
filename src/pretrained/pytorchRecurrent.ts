// PyTorch's recurrent layers: weights [gates · hidden, inputs], two biases, and the layer's number in the name.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html

import type { GRU } from "../nn/recurrent/gru.ts";
import type { LSTM, UnrolledLSTM } from "../nn/recurrent/lstm.ts";
import type { VanillaRNN } from "../nn/recurrent/vanillaRNN.ts";
import { UsageError } from "../errors.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Mapping, mapSum, mapTensor } from "./mapping.ts";

/** Options of `pytorch`. */
export interface PytorchOptions {
  /** Which layer of a recurrent one with `num_layers` above 1. Default 0. */
  readonly layer?: number;
  /** Whether it is the layer that goes backwards of a bidirectional one. Default false. */
  readonly isReverse?: boolean;
}

interface Names {
  readonly weights: readonly [input: string, hidden: string, projection: string];
  readonly biases: readonly [input: string, hidden: string];
}

function namesOf(name: string, { layer = 0, isReverse = false }: PytorchOptions): Names {
  const full = (part: string): string => `${name}.${part}_l${layer}${isReverse ? "_reverse" : ""}`;
  return {
    weights: [full("weight_ih"), full("weight_hh"), full("weight_hr")],
    biases: [full("bias_ih"), full("bias_hh")],
  };
}

const transposed = (variable: Variable, name: string): Mapping =>
  mapTensor(variable, name, { axes: [1, 0] });

/** Gates i, f, g, o in both. Both biases are added to the same sums: theirs is one. */
export function mapPytorchLstm(
  core: LSTM | UnrolledLSTM,
  name: string,
  options: PytorchOptions,
): Mapping[] {
  const { weights, biases } = namesOf(name, options);
  const projection = "projection" in core ? core.projection : undefined;
  return [
    transposed(core.inputToHidden, weights[0]),
    transposed(core.hiddenToHidden, weights[1]),
    mapSum(core.b as Variable, biases),
    ...(projection === undefined ? [] : [transposed(projection, weights[2])]),
  ];
}

/**
 * Gates r, z, n in both.
 *
 * @throws {UsageError} unless the reset gate meets the state after its product with the weights: with it before,
 *                      no weights give the same numbers.
 */
export function mapPytorchGru(core: GRU, name: string, options: PytorchOptions): Mapping[] {
  if (core._bH === undefined) {
    throw new UsageError("pytorch", "PyTorch's GRU resets after the product with the weights", {
      got: `${core}, which resets before`,
      remedy: 'Make it as new GRU(size, { reset: "after" }).',
    });
  }
  const { weights, biases } = namesOf(name, options);
  return [
    transposed(core.inputToHidden, weights[0]),
    transposed(core.hiddenToHidden, weights[1]),
    mapTensor(core.b as Variable, biases[0]),
    mapTensor(core._bH, biases[1]),
  ];
}

/** One gate, and biases as an LSTM's. */
export function mapPytorchRnn(core: VanillaRNN, name: string, options: PytorchOptions): Mapping[] {
  const { weights, biases } = namesOf(name, options);
  return [
    transposed(core.inputToHidden, weights[0]),
    transposed(core.hiddenToHidden, weights[1]),
    mapSum(core._b as Variable, biases),
  ];
}
