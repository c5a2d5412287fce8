// Long short-term memory over images: convolutions in place of products.

import { ShapeError, UsageError, shapeText } from "../../errors.ts";
import { add } from "../../ops/binary.ts";
import { cast } from "../../ops/cast.ts";
import type { DataFormat } from "../../ops/convGeometry.ts";
import { zeros } from "../../ops/creation.ts";
import { type LstmState, lstmUpdate } from "../../ops/lstm.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { Conv1D } from "../conv1D.ts";
import { Conv2D } from "../conv2D.ts";
import { Conv3D } from "../conv3D.ts";
import type { ConvND } from "../convND.ts";
import { type UnrolledLSTMOptions, gateBias } from "./lstm.ts";
import { RNNCore, type Stepped } from "./rnnCore.ts";

/** Options of `Conv1DLSTM`, `Conv2DLSTM` and `Conv3DLSTM`. */
export interface ConvLSTMOptions extends UnrolledLSTMOptions {
  /** Channels come last: "NWC", "NHWC", "NDHWC". */
  readonly dataFormat?: DataFormat;
}

const CONVOLUTIONS = [Conv1D, Conv2D, Conv3D] as const;

/**
 * An LSTM whose gates are convolutions of the input and of the hidden state, which keep the image's size.
 *
 *     i, f, g, o = input_to_hidden(x) + hidden_to_hidden(h) + b
 *
 * Variables: `b [4 · outputChannels]`, `hidden_to_hidden/w […kernelShape, outputChannels,
 * 4 · outputChannels]`, `input_to_hidden/w […kernelShape, inputs, 4 · outputChannels]`.
 *
 * @see Shi et al. 2015, Convolutional LSTM Network.
 */
export class ConvNDLSTM extends RNNCore<LstmState> {
  static readonly defaultName: string = "conv_ndlstm";
  readonly inputShape: Shape;
  readonly outputChannels: number;
  readonly options: ConvLSTMOptions;
  readonly _inputToHidden: ConvND;
  readonly _hiddenToHidden: ConvND;
  b: Variable | undefined;

  /** @throws {UsageError} if the input's shape does not fit the spatial axes, or channels are not last. */
  constructor(
    numSpatialDims: number,
    inputShape: Shape,
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvLSTMOptions = {},
  ) {
    super(options.name);
    const Conv = CONVOLUTIONS[numSpatialDims - 1];
    if (Conv === undefined || inputShape.length !== numSpatialDims + 1) {
      const got = `${shapeText(inputShape)} for ${numSpatialDims} spatial axes`;
      throw new UsageError(this.moduleName, "inputShape must be [...spatial, channels]", { got });
    }
    if (options.dataFormat?.endsWith("C") === false) {
      throw new UsageError(this.moduleName, "dataFormat must have the channels last", {
        got: `"${options.dataFormat}"`,
        remedy: "Transpose the input, or put its channels last where it is made.",
      });
    }
    const { wIInit, wHInit } = options;
    this.inputShape = [...inputShape];
    this.outputChannels = outputChannels;
    this.options = options;
    const gates = 4 * outputChannels;
    [this._inputToHidden, this._hiddenToHidden] = withNameScope(this.nameScope, () => {
      const settings = { withBias: false, name: "input_to_hidden" };
      const input = new Conv(gates, kernelShape, { ...settings, ...(wIInit && { wInit: wIInit }) });
      const name = "hidden_to_hidden";
      const given = { ...settings, name, ...(wHInit && { wInit: wHInit }) };
      return [input, new Conv(gates, kernelShape, given)];
    });
  }

  /** Weights of the inputs, once there was one. */
  get inputToHidden(): Variable {
    return this._inputToHidden.w;
  }

  /** Weights of the hidden state, once there was an input. */
  get hiddenToHidden(): Variable {
    return this._hiddenToHidden.w;
  }

  initialState(batchSize: number): LstmState {
    const shape = [batchSize, ...this.inputShape.slice(0, -1), this.outputChannels];
    return { hidden: zeros(shape), cell: zeros(shape) };
  }

  /** @param x  `[batch, …inputShape]`. */
  forward(x: Tensor, state: LstmState): Stepped<LstmState> {
    if (x.rank !== this.inputShape.length + 1) {
      const wanted = `[batch, ${this.inputShape.join(", ")}]`;
      const got = shapeText(x.shape);
      throw new ShapeError(this.moduleName, `the input must be ${wanted}`, { got });
    }
    this.b ??= new Variable(gateBias(this.outputChannels, this.options), { name: "b" });
    const input = add(this._inputToHidden(x), this.b);
    const hidden = cast(state.hidden, x.dtype);
    const next = lstmUpdate(input, this._hiddenToHidden(hidden), state.cell);
    return [next.hidden, next];
  }
}

/** A convolutional LSTM over `[batch, width, channels]`, see `ConvNDLSTM`. */
export class Conv1DLSTM extends ConvNDLSTM {
  static override readonly defaultName: string = "conv1_dlstm";
  constructor(
    inputShape: Shape,
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvLSTMOptions = {},
  ) {
    super(1, inputShape, outputChannels, kernelShape, options);
  }
}

/** A convolutional LSTM over `[batch, height, width, channels]`, see `ConvNDLSTM`. */
export class Conv2DLSTM extends ConvNDLSTM {
  static override readonly defaultName: string = "conv2_dlstm";
  constructor(
    inputShape: Shape,
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvLSTMOptions = {},
  ) {
    super(2, inputShape, outputChannels, kernelShape, options);
  }
}

/** A convolutional LSTM over `[batch, depth, height, width, channels]`, see `ConvNDLSTM`. */
export class Conv3DLSTM extends ConvNDLSTM {
  static override readonly defaultName: string = "conv3_dlstm";
  constructor(
    inputShape: Shape,
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvLSTMOptions = {},
  ) {
    super(3, inputShape, outputChannels, kernelShape, options);
  }
}
