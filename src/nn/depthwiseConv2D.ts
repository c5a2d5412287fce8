// Convolution of every channel by filters of its own.

import { UsageError } from "../errors.ts";
import { depthwiseConv } from "../ops/conv.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { channelIndex, channelsOf } from "./channels.ts";
import { type ConvBaseOptions, type ConvSettings } from "./convND.ts";
import { convSettings, filterInit, requireImage } from "./convND.ts";
import { Zeros } from "./initializers.ts";
import { Module } from "./module.ts";

/** Options of `DepthwiseConv2D`. */
export interface DepthwiseConv2DOptions extends ConvBaseOptions {
  /** Results per channel. Default 1. */
  readonly channelMultiplier?: number;
  /** Default "same". */
  readonly padding?: "same" | "valid";
}

/**
 * Convolution over height and width of each channel apart; result c · multiplier + m comes from channel
 * c.
 *
 * Variables: `w [height, width, inputs, multiplier]`, `b [inputs · multiplier]`. Filters start as
 * truncated normal with deviation 1/√taps.
 */
export class DepthwiseConv2D extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "depthwise_conv2_d";
  readonly options: DepthwiseConv2DOptions;
  readonly settings: ConvSettings;
  readonly channelMultiplier: number;
  inputChannels: number | undefined;
  w!: Variable;
  b: Variable | undefined;

  constructor(kernelShape: number | readonly number[], options: DepthwiseConv2DOptions = {}) {
    super(options.name);
    const { padding = "same", channelMultiplier = 1 } = options;
    if (padding !== "same" && padding !== "valid") {
      const got = JSON.stringify(padding);
      throw new UsageError(this.moduleName, 'padding must be "same" or "valid"', { got });
    }
    if (!Number.isInteger(channelMultiplier) || channelMultiplier < 1) {
      throw new UsageError(this.moduleName, "channelMultiplier must be a positive integer", {
        got: `${channelMultiplier}`,
      });
    }
    this.options = options;
    this.channelMultiplier = channelMultiplier;
    this.settings = convSettings(this.moduleName, 2, kernelShape, options);
  }

  initialize(x: Tensor): void {
    if (this.inputChannels !== undefined) return;
    const { wInit, bInit = Zeros(), withBias = true } = this.options;
    const { kernelShape, dataFormat } = this.settings;
    const inputs = channelsOf(x, channelIndex(dataFormat));
    const init = filterInit(wInit, sizeOf(kernelShape));
    const w = init([...kernelShape, inputs, this.channelMultiplier]);
    const b = withBias ? bInit([inputs * this.channelMultiplier]) : undefined;
    this.w = new Variable(w, { name: "w" });
    if (b) this.b = new Variable(b, { name: "b" });
    this.inputChannels = inputs;
  }

  /**
   * @param x  `[batch, height, width, inputs]`, or by `dataFormat`.
   * @throws {ShapeError} if its rank or its channels do not fit.
   */
  forward(x: Tensor): Tensor {
    requireImage(this.moduleName, x, this.settings, this.inputChannels);
    this.initialize(x);
    const { stride, rate, dataFormat } = this.settings;
    const { padding = "same" } = this.options;
    const bias = this.b && { bias: this.b };
    return depthwiseConv(x, this.w, { stride, dilation: rate, padding, dataFormat, ...bias });
  }
}
