// Cores on top of each other.

import { UsageError } from "../../errors.ts";
import { add } from "../../ops/binary.ts";
import { concat } from "../../ops/slice.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Layer } from "../sequential.ts";
import { type AnyCore, RNNCore, type Stepped, type UnrollOptions, isCore } from "./rnnCore.ts";
import { dynamicUnroll } from "./unroll.ts";

/** States of the cores in their order. */
export type DeepState = readonly unknown[];

type Core = RNNCore<unknown>;

/** Options of `deepRNNWithSkipConnections`, and of `DeepRNN`. */
export interface SkipOptions {
  /** Whether the outputs of all layers come out, one behind the other on the last axis. */
  readonly concatFinalOutput?: boolean;
  readonly name?: string;
}

/** Options of `DeepRNN`. */
export interface DeepRNNOptions extends SkipOptions {
  /** Whether each layer also gets the input, in front of the output of the layer before. Default false. */
  readonly skipConnections?: boolean;
}

/**
 * Layers one after the other, each core with a state of its own. Plain functions and modules without
 * state are applied to what comes out of the layer before.
 *
 *     const core = new DeepRNN([new LSTM(128), tanh, new GRU(64)]);
 *     const [y, state] = core(x, core.initialState(batchSize));
 */
export class DeepRNN extends RNNCore<DeepState> {
  static readonly defaultName: string = "deep_rnn";
  readonly layers: readonly (AnyCore | Layer)[];
  readonly skipConnections: boolean;
  readonly concatFinalOutput: boolean;

  /** @throws {UsageError} unless all layers are functions, and cores where connections skip them. */
  constructor(layers: readonly (AnyCore | Layer)[] = [], options: DeepRNNOptions = {}) {
    super(options.name);
    const { skipConnections = false, concatFinalOutput = skipConnections } = options;
    const stranger = layers.find((layer) => typeof layer !== "function");
    if (stranger !== undefined) {
      const got = String(stranger);
      throw new UsageError(this.moduleName, "every layer must be a core or a function", { got });
    }
    if (skipConnections) requireCores(this.moduleName, layers);
    this.layers = [...layers];
    this.skipConnections = skipConnections;
    this.concatFinalOutput = concatFinalOutput;
  }

  initialState(batchSize: number): DeepState {
    return this.layers.filter(isCore).map((core) => core.initialState(batchSize));
  }

  /** @param x  `[batch, …]`, as the first layer takes it. */
  forward(x: Tensor, state: DeepState): Stepped<DeepState> {
    return this.#through(x, state, (core, value, before) => core(value, before));
  }

  override unroll(
    sequence: Tensor,
    state: DeepState,
    options: UnrollOptions = {},
  ): Stepped<DeepState> | undefined {
    // Functions between cores are made for single steps.
    if (!this.layers.every(isCore)) return undefined;
    return withNameScope(this.nameScope, () => {
      return this.#through(sequence, state, (core, value, before) => {
        return dynamicUnroll(core, value, before, options);
      });
    });
  }

  #through(
    x: Tensor,
    state: DeepState,
    run: (core: Core, value: Tensor, before: unknown) => Stepped<unknown>,
  ): Stepped<DeepState> {
    const cores = this.layers.filter(isCore).length;
    if (!Array.isArray(state) || state.length !== cores) {
      throw new UsageError(
        this.moduleName,
        `the state must be an array of ${cores}, one per core`,
        {
          got: Array.isArray(state) ? `${state.length}` : String(state),
          remedy: "Begin with core.initialState(batchSize).",
        },
      );
    }
    const states: unknown[] = [];
    const outputs: Tensor[] = [];
    let value = x;
    for (const layer of this.layers) {
      const input = this.skipConnections && outputs.length > 0 ? concat([x, value], -1) : value;
      if (isCore(layer)) {
        const [output, next] = run(layer as unknown as Core, input, state[states.length]);
        states.push(next);
        value = output;
      } else value = layer(input);
      outputs.push(value);
    }
    return [this.concatFinalOutput && outputs.length > 1 ? concat(outputs, -1) : value, states];
  }
}

function requireCores(
  name: string,
  layers: readonly unknown[],
): asserts layers is readonly AnyCore[] {
  const at = layers.findIndex((layer) => !isCore(layer));
  if (at < 0) return;
  throw new UsageError(name, "every layer must be an RNNCore", {
    got: `${String(layers[at])} at ${at}`,
  });
}

/**
 * A `DeepRNN` whose cores each get the input as well as the output of the core before; by default the
 * outputs of all of them come out.
 *
 * @throws {UsageError} unless all layers are cores.
 * @see Graves 2013, Generating Sequences With Recurrent Neural Networks.
 */
export function deepRNNWithSkipConnections(
  layers: readonly AnyCore[],
  options: SkipOptions = {},
): DeepRNN {
  const name = options.name ?? "deep_rnn_with_skip_connections";
  return new DeepRNN(layers, { concatFinalOutput: true, ...options, name, skipConnections: true });
}

/** A core whose output is its input and what it makes of that. */
class Residual extends RNNCore<unknown> {
  readonly core: Core;

  constructor(core: AnyCore) {
    super(`${core.moduleName}_residual`);
    this.core = core as unknown as Core;
  }

  initialState(batchSize: number): unknown {
    return this.core.initialState(batchSize);
  }

  forward(x: Tensor, state: unknown): Stepped<unknown> {
    const [output, next] = this.core(x, state);
    return [add(x, output), next];
  }

  override unroll(
    sequence: Tensor,
    state: unknown,
    options: UnrollOptions = {},
  ): Stepped<unknown> | undefined {
    // The sum would change after a row's end, where the core repeats its output.
    if (options.sequenceLength !== undefined) return undefined;
    const whole = this.core.unroll?.(sequence, state, options);
    return whole && [add(sequence, whole[0]), whole[1]];
  }
}

/**
 * A `DeepRNN` whose cores each add their input to their output; lengths must be equal.
 *
 * @throws {UsageError} unless all layers are cores.
 */
export function deepRNNWithResidualConnections(
  layers: readonly AnyCore[],
  options: { readonly name?: string } = {},
): DeepRNN {
  const name = options.name ?? "deep_rnn_with_residual_connections";
  requireCores(name, layers);
  return new DeepRNN(layers.map((layer) => new Residual(layer)) as unknown as AnyCore[], { name });
}
