// What recurrent modules have in common.

import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/** What a step or a sequence gives, and the state after it. */
export type Stepped<State, Output = Tensor> = readonly [output: Output, state: State];

/** Options of unrolling. */
export interface UnrollOptions {
  /**
   * `[batch]` i32 or u32. From its length on a row keeps its state and repeats its last output; before
   * the first one its outputs are zeros.
   */
  readonly sequenceLength?: Tensor;
}

/**
 * One step of a recurrent network: `const [y, next] = core(x, state)`. States are tensors, arrays of
 * them, or plain objects, `[batch, …]` each.
 *
 * A subclass writes `forward` and `initialState`. `dynamicUnroll` runs it over sequences.
 */
export abstract class RNNCore<State = Tensor> extends Module<
  (x: Tensor, state: State) => Stepped<State>
> {
  /** The state before the first step. */
  abstract initialState(batchSize: number): State;

  /**
   * All steps at once, for cores with kernels for that; others run step by step, also those that give
   * undefined.
   *
   * @param sequence  `[time, batch, …]`.
   */
  unroll?(sequence: Tensor, state: State, options?: UnrollOptions): Stepped<State> | undefined;
}

/** A recurrent network over a sequence `[time, batch, …]`: `const [ys, last] = net(xs, state)`. */
export abstract class UnrolledRNN<State = Tensor> extends Module<
  (sequence: Tensor, state: State) => Stepped<State>
> {
  /** The state before the first step. */
  abstract initialState(batchSize: number): State;
}

/** A core with states of any kind. */
export type AnyCore = Module<(x: Tensor, state: never) => Stepped<unknown>> & {
  initialState(batchSize: number): unknown;
  unroll?(sequence: Tensor, state: never, options?: UnrollOptions): Stepped<unknown> | undefined;
};

/** Whether a layer is a core: a module with an initial state. */
export function isCore(layer: unknown): layer is AnyCore {
  return layer instanceof RNNCore;
}

/** Options of ops over sequences. */
export function lengthsOf({ sequenceLength }: UnrollOptions): { sequenceLengths?: Tensor } {
  return sequenceLength === undefined ? {} : { sequenceLengths: sequenceLength };
}
