// Long short-term memory: a step, and whole sequences.

import { ShapeError, UsageError, shapeText } from "../../errors.ts";
import { add } from "../../ops/binary.ts";
import { full, zeros } from "../../ops/creation.ts";
import { type LstmState, type LstmWeights, lstm, lstmCell } from "../../ops/lstm.ts";
import { concat } from "../../ops/slice.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { type Initializer, TruncatedNormal, Zeros } from "../initializers.ts";
import { RNNCore, type Stepped, type UnrollOptions, UnrolledRNN, lengthsOf } from "./rnnCore.ts";

export type { LstmState as LSTMState } from "../../ops/lstm.ts";

/** Options of `UnrolledLSTM`, and of `LSTM`. */
export interface UnrolledLSTMOptions {
  /** Default: truncated normal with deviation 1/√inputs. */
  readonly wIInit?: Initializer;
  /** Default: truncated normal with deviation 1/√rows. */
  readonly wHInit?: Initializer;
  /** Default: zeros. The forget bias is added to it. */
  readonly bInit?: Initializer;
  /** Added to the forget gate's quarter of `b` when it is made. Default 1. */
  readonly forgetBias?: number;
  readonly name?: string;
}

/** Options of `LSTM`. */
export interface LSTMOptions extends UnrolledLSTMOptions {
  /** Length of the hidden state, where it is a product of the cell's. */
  readonly projectionSize?: number;
  /** Default: truncated normal with deviation 1/√hiddenSize. */
  readonly projectionInit?: Initializer;
}

/** A bias for four gates, i, f, g, o, of which the second begins higher. */
export function gateBias(
  size: number,
  { bInit = Zeros(), forgetBias = 1 }: UnrolledLSTMOptions,
): Tensor {
  const raised = concat([zeros([size]), full([size], forgetBias), zeros([2 * size])]);
  return add(bInit([4 * size]), raised);
}

const scaled = (init: Initializer | undefined, rows: number): Initializer =>
  init ?? TruncatedNormal(0, 1 / Math.sqrt(rows));

/** `_w_i` and `_w_h` in Sonnet: fields in the order of those names. */
interface Weights {
  _wI: Variable | undefined;
  _wH: Variable | undefined;
  b: Variable | undefined;
  projection?: Variable | undefined;
}

function initialize(module: Weights, x: Tensor, size: number, options: LSTMOptions): void {
  if (module.b !== undefined) return;
  const { projectionSize, projectionInit, wIInit, wHInit } = options;
  const [inputs, hidden] = [x.shape.at(-1) as number, projectionSize ?? size];
  const wI = scaled(wIInit, inputs)([inputs, 4 * size]);
  const wH = scaled(wHInit, hidden)([hidden, 4 * size]);
  const projection = projectionSize && scaled(projectionInit, size)([size, projectionSize]);
  module._wI = new Variable(wI, { name: "w_i" });
  module._wH = new Variable(wH, { name: "w_h" });
  if (projection) module.projection = new Variable(projection, { name: "projection" });
  module.b = new Variable(gateBias(size, options), { name: "b" });
}

function weightsOf({ _wI, _wH, b, projection }: Weights): LstmWeights {
  const weights = { wInput: _wI as Variable, wHidden: _wH as Variable, bias: b as Variable };
  return projection === undefined ? weights : { ...weights, projection };
}

function requireRank(name: string, x: Tensor, axes: string): void {
  if (x.rank === axes.split(",").length) return;
  throw new ShapeError(name, `the input must be [${axes}]`, { got: shapeText(x.shape) });
}

/**
 * Long short-term memory, with a projection of the hidden state if it has a `projectionSize`:
 *
 *     i, f, g, o = x · w_i + h · w_h + b
 *     c' = σ(f) · c + σ(i) · tanh(g),  h' = σ(o) · tanh(c') [· projection]
 *
 * Variables: `w_h [hidden, 4 · hiddenSize]`, `w_i [inputs, 4 · hiddenSize]`, `b [4 · hiddenSize]`,
 * `projection [hiddenSize, projectionSize]`. State: `{ hidden, cell }`.
 *
 * @see Hochreiter & Schmidhuber 1997; Sak et al. 2014 for the projection.
 */
export class LSTM extends RNNCore<LstmState> {
  static readonly defaultName: string = "lstm";
  readonly hiddenSize: number;
  readonly options: LSTMOptions;
  _wI: Variable | undefined;
  _wH: Variable | undefined;
  b: Variable | undefined;
  projection: Variable | undefined;

  /** @throws {UsageError} if there is a projectionInit and no projectionSize. */
  constructor(hiddenSize: number, options: LSTMOptions = {}) {
    super(options.name);
    if (options.projectionInit !== undefined && !options.projectionSize) {
      throw new UsageError(this.moduleName, "projectionInit needs a projectionSize", {});
    }
    this.hiddenSize = hiddenSize;
    this.options = options;
  }

  /** Weights of the inputs, once there was one. */
  get inputToHidden(): Variable {
    return this._wI as Variable;
  }

  /** Weights of the hidden state, once there was an input. */
  get hiddenToHidden(): Variable {
    return this._wH as Variable;
  }

  initialState(batchSize: number): LstmState {
    const width = this.options.projectionSize ?? this.hiddenSize;
    return { hidden: zeros([batchSize, width]), cell: zeros([batchSize, this.hiddenSize]) };
  }

  /** @param x  `[batch, inputs]`. */
  forward(x: Tensor, state: LstmState): Stepped<LstmState> {
    requireRank(this.moduleName, x, "batch, inputs");
    initialize(this, x, this.hiddenSize, this.options);
    const next = lstmCell(x, state, weightsOf(this));
    return [next.hidden, next];
  }

  override unroll(
    sequence: Tensor,
    state: LstmState,
    options: UnrollOptions = {},
  ): Stepped<LstmState> {
    return withNameScope(this.nameScope, () => {
      requireRank(this.moduleName, sequence, "time, batch, inputs");
      initialize(this, sequence, this.hiddenSize, this.options);
      const { outputs, state: last } = lstm(sequence, state, weightsOf(this), lengthsOf(options));
      return [outputs, last];
    });
  }
}

/** An LSTM over sequences `[time, batch, inputs]`. Variables and states as `LSTM`'s. */
export class UnrolledLSTM extends UnrolledRNN<LstmState> {
  static readonly defaultName: string = "unrolled_lstm";
  readonly hiddenSize: number;
  readonly options: UnrolledLSTMOptions;
  _wI: Variable | undefined;
  _wH: Variable | undefined;
  b: Variable | undefined;

  constructor(hiddenSize: number, options: UnrolledLSTMOptions = {}) {
    super(options.name);
    this.hiddenSize = hiddenSize;
    this.options = options;
  }

  /** Weights of the inputs, once there was one. */
  get inputToHidden(): Variable {
    return this._wI as Variable;
  }

  /** Weights of the hidden state, once there was an input. */
  get hiddenToHidden(): Variable {
    return this._wH as Variable;
  }

  initialState(batchSize: number): LstmState {
    const shape = [batchSize, this.hiddenSize];
    return { hidden: zeros(shape), cell: zeros(shape) };
  }

  /** @param sequence  `[time, batch, inputs]`. */
  forward(sequence: Tensor, state: LstmState): Stepped<LstmState> {
    requireRank(this.moduleName, sequence, "time, batch, inputs");
    initialize(this, sequence, this.hiddenSize, this.options);
    const { outputs, state: last } = lstm(sequence, state, weightsOf(this));
    return [outputs, last];
  }
}
