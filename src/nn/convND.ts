// What convolutions in one to three dimensions share.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { conv } from "../ops/conv.ts";
import { type ConvPadding, type DataFormat, perAxis } from "../ops/convGeometry.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { channelIndex, channelsOf } from "./channels.ts";
import { type Initializer, TruncatedNormal, Zeros } from "./initializers.ts";
import { Module } from "./module.ts";

/** What every convolution takes. */
export interface ConvBaseOptions {
  /** Steps between windows, one number or one per spatial axis. Default 1. */
  readonly stride?: number | readonly number[];
  /** Steps between taps of the kernel, one number or one per spatial axis. Default 1. */
  readonly rate?: number | readonly number[];
  readonly withBias?: boolean;
  /** Default: truncated normal with deviation 1/√(taps · inputs), so that outputs keep the variance. */
  readonly wInit?: Initializer;
  /** Default: zeros. */
  readonly bInit?: Initializer;
  /** Default: channels last. */
  readonly dataFormat?: DataFormat;
  readonly name?: string;
}

/** Options of `Conv1D`, `Conv2D` and `Conv3D`. */
export interface ConvModuleOptions extends ConvBaseOptions {
  /** "same" (default), "valid", a function of `pad`, or one of these per spatial axis. */
  readonly padding?: ConvPadding;
}

/** Formats with channels last, by the number of spatial axes. */
const LAST: readonly DataFormat[] = ["NWC", "NHWC", "NDHWC"];

/** The options that are checked before there is an input. */
export interface ConvSettings {
  readonly kernelShape: readonly number[];
  readonly stride: readonly number[];
  readonly rate: readonly number[];
  readonly dataFormat: DataFormat;
}

/** @throws {UsageError} if an option does not fit the number of spatial axes. */
export function convSettings(
  name: string,
  axes: number,
  kernelShape: number | readonly number[],
  options: ConvBaseOptions,
): ConvSettings {
  const { stride = 1, rate = 1, withBias = true, bInit } = options;
  const dataFormat = options.dataFormat ?? (LAST[axes - 1] as DataFormat);
  if (!withBias && bInit !== undefined) {
    throw new UsageError(name, "bInit needs a bias", { remedy: "Leave withBias at true." });
  }
  if (dataFormat.length !== axes + 2) {
    const got = `"${dataFormat}" for ${axes} spatial axes`;
    throw new UsageError(
      name,
      "dataFormat must name the batch, the spatial axes and the channels",
      {
        got,
      },
    );
  }
  channelIndex(dataFormat);
  return {
    kernelShape: perAxis(name, "kernelShape", kernelShape, axes),
    stride: perAxis(name, "stride", stride, axes),
    rate: perAxis(name, "rate", rate, axes),
    dataFormat,
  };
}

/** @throws {ShapeError} unless `x` is a batch with `axes` spatial axes and these channels. */
export function requireImage(
  name: string,
  x: Tensor,
  { dataFormat }: ConvSettings,
  channels: number | undefined,
): void {
  if (x.rank !== dataFormat.length) {
    throw new ShapeError(name, `the input must be ${[...dataFormat].join(", ")}`, {
      got: shapeText(x.shape),
      remedy: "Use x.expandDims(0) for a single example.",
    });
  }
  const given = channelsOf(x, channelIndex(dataFormat));
  if (channels === undefined || given === channels) return;
  throw new ShapeError(name, "the number of channels must be that of the first input", {
    got: `${given} channels of ${shapeText(x.shape)} where the first input had ${channels}`,
  });
}

/** The initializer of a filter whose results sum over `count` numbers. */
export function filterInit(wInit: Initializer | undefined, count: number): Initializer {
  return wInit ?? TruncatedNormal(0, 1 / Math.sqrt(count));
}

/**
 * y = x ∗ w + b: cross-correlation over one to three spatial axes.
 *
 * Variables: `w [...kernelShape, inputs, outputChannels]`, `b [outputChannels]`. Inputs are sized at the
 * first call.
 */
export class ConvND extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "conv_nd";
  readonly numSpatialDims: number;
  readonly outputChannels: number;
  readonly options: ConvModuleOptions;
  readonly settings: ConvSettings;
  inputChannels: number | undefined;
  w!: Variable;
  b: Variable | undefined;

  constructor(
    numSpatialDims: number,
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvModuleOptions = {},
  ) {
    super(options.name);
    if (![1, 2, 3].includes(numSpatialDims)) {
      const got = `${numSpatialDims}`;
      throw new UsageError("ConvND", "there must be one to three spatial axes", { got });
    }
    this.numSpatialDims = numSpatialDims;
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
    const w = init([...kernelShape, inputs, this.outputChannels]);
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
    const bias = this.b && { bias: this.b };
    return conv(x, this.w, { stride, dilation: rate, padding, dataFormat, ...bias });
  }
}
