// What transposed convolutions in one to three dimensions share.

import { UsageError } from "../errors.ts";
import { convTranspose } from "../ops/conv.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { channelIndex, channelsOf } from "./channels.ts";
import { type ConvBaseOptions, type ConvSettings } from "./convND.ts";
import { convSettings, filterInit, requireImage } from "./convND.ts";
import { Zeros } from "./initializers.ts";
import { Module } from "./module.ts";

/** Options of the transposed convolutions. */
export interface ConvTransposeModuleOptions extends ConvBaseOptions {
  /**
   * Lengths of the result's spatial axes, where several fit. Default: input · stride for "same", and
   * input · stride + effective kernel − 1 for "valid".
   */
  readonly outputShape?: readonly number[];
  /** Default "same". */
  readonly padding?: "same" | "valid";
}

/**
 * The input gradient of the convolution with the same filter, plus b.
 *
 * Variables: `w [...kernelShape, outputChannels, inputs]`, `b [outputChannels]`. Inputs are sized at the
 * first call.
 */
export class ConvNDTranspose extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "conv_nd_transpose";
  readonly outputChannels: number;
  readonly options: ConvTransposeModuleOptions;
  readonly settings: ConvSettings;
  inputChannels: number | undefined;
  w!: Variable;
  b: Variable | undefined;

  constructor(
    numSpatialDims: number,
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeModuleOptions = {},
  ) {
    super(options.name);
    const { padding = "same", outputShape } = options;
    if (padding !== "same" && padding !== "valid") {
      const got = JSON.stringify(padding);
      throw new UsageError(this.moduleName, 'padding must be "same" or "valid"', { got });
    }
    if (outputShape !== undefined && outputShape.length !== numSpatialDims) {
      const got = `${JSON.stringify(outputShape)} for ${numSpatialDims} spatial axes`;
      throw new UsageError(this.moduleName, "outputShape must have a length per spatial axis", {
        got,
      });
    }
    this.outputChannels = outputChannels;
    this.options = options;
    this.settings = convSettings(this.moduleName, numSpatialDims, kernelShape, options);
  }

  initialize(x: Tensor): void {
    if (this.inputChannels !== undefined) return;
    const { wInit, bInit = Zeros(), withBias = true } = this.options;
    const { kernelShape, dataFormat } = this.settings;
    const inputs = channelsOf(x, channelIndex(dataFormat));
    const init = filterInit(wInit, sizeOf(kernelShape) * inputs);
    const w = init([...kernelShape, this.outputChannels, inputs]);
    const b = withBias ? bInit([this.outputChannels]) : undefined;
    this.w = new Variable(w, { name: "w" });
    if (b) this.b = new Variable(b, { name: "b" });
    this.inputChannels = inputs;
  }

  /**
   * @param x  `[batch, …spatial, inputs]`, or by `dataFormat`.
   * @throws {ShapeError} if its rank or its channels do not fit.
   */
  forward(x: Tensor): Tensor {
    requireImage(this.moduleName, x, this.settings, this.inputChannels);
    this.initialize(x);
    const { stride, rate, dataFormat } = this.settings;
    const { padding = "same" } = this.options;
    const outputShape = this.options.outputShape ?? this.#lengths(x, padding);
    const given = { stride, dilation: rate, padding, outputShape, dataFormat };
    return convTranspose(x, this.w, this.b ? { ...given, bias: this.b } : given);
  }

  #lengths(x: Tensor, padding: "same" | "valid"): number[] {
    const { kernelShape, stride, rate, dataFormat } = this.settings;
    const spatial = channelIndex(dataFormat) === 1 ? x.shape.slice(2) : x.shape.slice(1, -1);
    return spatial.map((length, i) => {
      const effective = ((kernelShape[i] as number) - 1) * (rate[i] as number) + 1;
      return length * (stride[i] as number) + (padding === "valid" ? effective - 1 : 0);
    });
  }
}
