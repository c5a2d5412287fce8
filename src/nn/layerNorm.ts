// Layer norm and instance norm.

import { ShapeError, shapeText } from "../errors.ts";
import { layerNorm } from "../ops/layerNorm.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type NormCall, type NormOptions, applyAffine, chosenAffine } from "./affine.ts";
import { makeOffset, makeScale, requireAffine } from "./affine.ts";
import { channelIndex } from "./channels.ts";
import { Module } from "./module.ts";
import { type NormAxes, resolveAxes } from "./normAxes.ts";

/**
 * y = (x − mean) / √(variance + ε) · scale + offset, with the mean and the (biased) variance over `axis`.
 *
 * Variables: `scale` and `offset`, a number per channel whatever the axes: `[C]`, or `[C, 1, …]` with
 * channels first.
 *
 * @see Ba, Kiros & Hinton 2016, Layer Normalization.
 */
export class LayerNorm extends Module<(x: Tensor, call?: NormCall) => Tensor> {
  static readonly defaultName: string = "layer_norm";
  readonly axis: NormAxes;
  readonly createScale: boolean;
  readonly createOffset: boolean;
  readonly options: NormOptions;
  scale: Variable | undefined;
  offset: Variable | undefined;
  #rank: number | undefined;

  constructor(
    axis: NormAxes,
    createScale: boolean,
    createOffset: boolean,
    options: NormOptions = {},
  ) {
    super(options.name);
    requireAffine(this.moduleName, { createScale, createOffset }, options);
    this.axis = axis;
    this.createScale = createScale;
    this.createOffset = createOffset;
    this.options = options;
  }

  initialize(x: Tensor): void {
    if (this.#rank !== undefined) return;
    if (this.createScale) this.scale = makeScale(x, this.options);
    if (this.createOffset) this.offset = makeOffset(x, this.options);
    this.#rank = x.rank;
  }

  /** @throws {ShapeError} if the rank of the input changes from one call to the next. */
  forward(x: Tensor, call: NormCall = {}): Tensor {
    if (x.rank !== (this.#rank ?? x.rank) || x.rank < 2) {
      throw new ShapeError(
        this.moduleName,
        "inputs must have a batch axis, and the same rank always",
        {
          got: `${shapeText(x.shape)}${this.#rank === undefined ? "" : ` after rank ${this.#rank}`}`,
        },
      );
    }
    this.initialize(x);
    const { eps: epsilon = 1e-5, dataFormat = "channels_last" } = this.options;
    const axes = resolveAxes(this.moduleName, this.axis, x.rank);
    const { scale, offset } = chosenAffine(this.moduleName, this, this, call);
    const areRows = channelIndex(dataFormat) === -1 && axes.length === 1 && axes[0] === x.rank - 1;
    const isPlain = (one: Tensor | undefined): boolean => one === undefined || one.rank === 1;
    if (areRows && isPlain(scale) && isPlain(offset)) {
      return layerNorm(x, { epsilon, ...(scale && { scale }), ...(offset && { offset }) });
    }
    return applyAffine(layerNorm(x, { axes, epsilon }), { scale, offset });
  }
}

/**
 * Layer norm over the spatial axes: each channel of each example has mean 0 and variance 1.
 *
 * @see Ulyanov, Vedaldi & Lempitsky 2016, Instance Normalization.
 */
export class InstanceNorm extends LayerNorm {
  static override readonly defaultName: string = "instance_norm";
  constructor(createScale: boolean, createOffset: boolean, options: NormOptions = {}) {
    const isFirst = channelIndex(options.dataFormat ?? "channels_last") === 1;
    super(isFirst ? { start: 2 } : { start: 1, stop: -1 }, createScale, createOffset, options);
  }
}
