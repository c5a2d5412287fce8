// Gated recurrent units.

import { ShapeError, shapeText } from "../../errors.ts";
import { zeros } from "../../ops/creation.ts";
import { type GruOptions, type GruWeights, gru, gruCell } from "../../ops/gru.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { type Initializer, VarianceScaling, Zeros } from "../initializers.ts";
import { RNNCore, type Stepped, type UnrollOptions, lengthsOf } from "./rnnCore.ts";

/** Options of `GRU`. */
export interface GRUOptions extends GruOptions {
  /** Default: Glorot's uniform. */
  readonly wIInit?: Initializer;
  /** Default: Glorot's uniform. */
  readonly wHInit?: Initializer;
  /** Default: zeros. */
  readonly bInit?: Initializer;
  readonly name?: string;
}

/**
 * A gated recurrent unit. Its state is its output.
 *
 *     z, r = σ(x · w_i + h · w_h + b),  a = tanh(x · w_i + (r ∘ h) · w_h + b)
 *     h' = (1 − z) ∘ h + z ∘ a
 *
 * Variables: `w_h [hiddenSize, 3 · hiddenSize]`, `w_i [inputs, 3 · hiddenSize]`, `b [3 · hiddenSize]`, in the
 * order z, r, a. With `reset: "after"`, the form of cuDNN and PyTorch (see `gruCell`), they are in the order
 * r, z, n, and there is `b_h [3 · hiddenSize]`, added to h · w_h.
 *
 * @see Cho et al. 2014, Learning Phrase Representations using RNN Encoder–Decoder.
 */
export class GRU extends RNNCore {
  static readonly defaultName: string = "gru";
  readonly hiddenSize: number;
  readonly options: GRUOptions;
  _wI: Variable | undefined;
  _wH: Variable | undefined;
  _bH: Variable | undefined;
  b: Variable | undefined;

  constructor(hiddenSize: number, options: GRUOptions = {}) {
    super(options.name);
    this.hiddenSize = hiddenSize;
    this.options = options;
  }

  /** Weights of the inputs, once there was one. */
  get inputToHidden(): Variable {
    return this._wI as Variable;
  }

  /** Weights of the state, once there was an input. */
  get hiddenToHidden(): Variable {
    return this._wH as Variable;
  }

  initialState(batchSize: number): Tensor {
    return zeros([batchSize, this.hiddenSize]);
  }

  initialize(x: Tensor): void {
    if (this.b !== undefined) return;
    const glorot = VarianceScaling({ mode: "fanAvg", distribution: "uniform" });
    const { wIInit = glorot, wHInit = glorot, bInit = Zeros(), reset } = this.options;
    const [inputs, size] = [x.shape.at(-1) as number, this.hiddenSize];
    const [wI, wH] = [wIInit([inputs, 3 * size]), wHInit([size, 3 * size])];
    const [b, bH] = [bInit([3 * size]), reset === "after" ? bInit([3 * size]) : undefined];
    this._wI = new Variable(wI, { name: "w_i" });
    this._wH = new Variable(wH, { name: "w_h" });
    if (bH) this._bH = new Variable(bH, { name: "b_h" });
    this.b = new Variable(b, { name: "b" });
  }

  /** @param x  `[batch, inputs]`. */
  forward(x: Tensor, state: Tensor): Stepped<Tensor> {
    if (x.rank !== 2) {
      const got = shapeText(x.shape);
      throw new ShapeError(this.moduleName, "the input must be [batch, inputs]", { got });
    }
    this.initialize(x);
    const next = gruCell(x, state, this.#weights(), this.#kind());
    return [next, next];
  }

  override unroll(sequence: Tensor, state: Tensor, options: UnrollOptions = {}): Stepped<Tensor> {
    return withNameScope(this.nameScope, () => {
      this.initialize(sequence);
      const given = { ...this.#kind(), ...lengthsOf(options) };
      const { outputs, state: last } = gru(sequence, state, this.#weights(), given);
      return [outputs, last];
    });
  }

  #kind(): GruOptions {
    const { reset } = this.options;
    return reset === undefined ? {} : { reset };
  }

  #weights(): GruWeights {
    const [wInput, wHidden, bias] = [this._wI, this._wH, this.b] as [Variable, Variable, Variable];
    return { wInput, wHidden, bias, ...(this._bH && { hiddenBias: this._bH }) };
  }
}
