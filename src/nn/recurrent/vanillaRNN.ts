// A plain recurrent network.

import { zeros } from "../../ops/creation.ts";
import { add } from "../../ops/binary.ts";
import { relu, tanh } from "../../ops/activations.ts";
import { vanillaCell, vanillaRnn } from "../../ops/vanillaRnn.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { type Initializer, Zeros } from "../initializers.ts";
import { Linear } from "../linear.ts";
import { RNNCore, type Stepped, type UnrollOptions, lengthsOf } from "./rnnCore.ts";

/** Options of `VanillaRNN`. */
export interface VanillaRNNOptions {
  /** Default: tanh. */
  readonly activation?: (x: Tensor) => Tensor;
  /** Default: truncated normal with deviation 1/√inputs. */
  readonly wIInit?: Initializer;
  /** Default: truncated normal with deviation 1/√hiddenSize. */
  readonly wHInit?: Initializer;
  /** Default: zeros. */
  readonly bInit?: Initializer;
  readonly name?: string;
}

/**
 * h' = activation(x · W + h · U + b), the state and the output.
 *
 * Variables: `b [hiddenSize]`, `hidden_to_hidden/w [hiddenSize, hiddenSize]`,
 * `input_to_hidden/w [inputs, hiddenSize]`.
 */
export class VanillaRNN extends RNNCore {
  static readonly defaultName: string = "vanilla_rnn";
  readonly hiddenSize: number;
  readonly activation: (x: Tensor) => Tensor;
  readonly bInit: Initializer;
  readonly _inputToHidden: Linear;
  readonly _hiddenToHidden: Linear;
  _b: Variable | undefined;

  constructor(hiddenSize: number, options: VanillaRNNOptions = {}) {
    super(options.name);
    const { activation = tanh, wIInit, wHInit, bInit = Zeros() } = options;
    this.hiddenSize = hiddenSize;
    this.activation = activation;
    this.bInit = bInit;
    const linear = (name: string, wInit: Initializer | undefined): Linear => {
      return new Linear(hiddenSize, { withBias: false, name, ...(wInit && { wInit }) });
    };
    [this._inputToHidden, this._hiddenToHidden] = withNameScope(this.nameScope, () => [
      linear("input_to_hidden", wIInit),
      linear("hidden_to_hidden", wHInit),
    ]);
  }

  /** Weights of the inputs, once there was one. */
  get inputToHidden(): Variable {
    return this._inputToHidden.w;
  }

  /** Weights of the state, once there was an input. */
  get hiddenToHidden(): Variable {
    return this._hiddenToHidden.w;
  }

  initialState(batchSize: number): Tensor {
    return zeros([batchSize, this.hiddenSize]);
  }

  initialize(x: Tensor, state: Tensor): void {
    if (this._b !== undefined) return;
    const [input, hidden] = [this._inputToHidden, this._hiddenToHidden];
    withNameScope(input.nameScope, () => input.initialize(x));
    withNameScope(hidden.nameScope, () => hidden.initialize(state));
    this._b = new Variable(this.bInit([this.hiddenSize]), { name: "b" });
  }

  /**
   * @param x      `[batch, inputs]`.
   * @param state  `[batch, hiddenSize]`.
   */
  forward(x: Tensor, state: Tensor): Stepped<Tensor> {
    this.initialize(x, state);
    const kernel = this.#kernel();
    const next = kernel
      ? vanillaCell(x, state, this.#weights(), kernel)
      : this.activation(
          add(add(this._inputToHidden(x), this._hiddenToHidden(state)), this._b as Variable),
        );
    return [next, next];
  }

  override unroll(
    sequence: Tensor,
    state: Tensor,
    options: UnrollOptions = {},
  ): Stepped<Tensor> | undefined {
    const kernel = this.#kernel();
    if (kernel === undefined) return undefined;
    return withNameScope(this.nameScope, () => {
      this.initialize(sequence, state);
      const given = { ...kernel, ...lengthsOf(options) };
      const { outputs, state: last } = vanillaRnn(sequence, state, this.#weights(), given);
      return [outputs, last];
    });
  }

  /** Undefined for activations that no kernel has. */
  #kernel(): { activation: "tanh" | "relu" } | undefined {
    if (this.activation === tanh) return { activation: "tanh" };
    return this.activation === relu ? { activation: "relu" } : undefined;
  }

  #weights(): { wInput: Tensor; wHidden: Tensor; bias: Tensor } {
    const [wInput, wHidden] = [this.inputToHidden, this.hiddenToHidden];
    return { wInput, wHidden, bias: this._b as Variable };
  }
}
