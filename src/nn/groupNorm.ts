// Group norm.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { layerNorm } from "../ops/layerNorm.ts";
import { reshape } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type NormCall, type NormOptions, applyAffine, chosenAffine } from "./affine.ts";
import { makeOffset, makeScale, requireAffine } from "./affine.ts";
import { channelIndex, channelsOf } from "./channels.ts";
import { Module } from "./module.ts";
import { type NormAxes, resolveAxes } from "./normAxes.ts";

/** Options of `GroupNorm`. */
export interface GroupNormOptions extends NormOptions {
  /** Axes of the input that share a mean within a group. Default: all but the batch. */
  readonly axis?: NormAxes;
  /** Default true. */
  readonly createScale?: boolean;
  /** Default true. */
  readonly createOffset?: boolean;
}

/**
 * y = (x − mean) / √(variance + ε) · scale + offset, with mean and variance over `axis` within each of
 * `groups` groups of neighbouring channels.
 *
 * Variables: `scale` and `offset`, a number per channel: `[C]`, or `[C, 1, …]` with channels first.
 *
 * @see Wu & He 2018, Group Normalization.
 */
export class GroupNorm extends Module<(x: Tensor, call?: NormCall) => Tensor> {
  static readonly defaultName: string = "group_norm";
  readonly groups: number;
  readonly createScale: boolean;
  readonly createOffset: boolean;
  readonly options: GroupNormOptions;
  scale: Variable | undefined;
  offset: Variable | undefined;
  #rank: number | undefined;

  constructor(groups: number, options: GroupNormOptions = {}) {
    super(options.name);
    const { createScale = true, createOffset = true } = options;
    if (!Number.isInteger(groups) || groups < 1) {
      throw new UsageError(this.moduleName, "groups must be a positive integer", {
        got: `${groups}`,
      });
    }
    requireAffine(this.moduleName, { createScale, createOffset }, options);
    this.groups = groups;
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

  /** @throws {ShapeError} if the groups do not divide the channels, or the rank changes. */
  forward(x: Tensor, call: NormCall = {}): Tensor {
    const { eps: epsilon = 1e-5, dataFormat = "channels_last" } = this.options;
    const index = channelIndex(dataFormat);
    if (x.rank !== (this.#rank ?? x.rank) || x.rank < 2) {
      throw new ShapeError(
        this.moduleName,
        "inputs must have a batch axis, and the same rank always",
        {
          got: `${shapeText(x.shape)}${this.#rank === undefined ? "" : ` after rank ${this.#rank}`}`,
        },
      );
    }
    const channels = channelsOf(x, index);
    if (channels % this.groups !== 0) {
      throw new ShapeError(this.moduleName, "groups must divide the number of channels", {
        got: `${this.groups} groups for ${channels} channels of ${shapeText(x.shape)}`,
      });
    }
    this.initialize(x);
    const at = index === 1 ? 1 : x.rank - 1;
    const split = [this.groups, channels / this.groups];
    const grouped = reshape(x, [...x.shape.slice(0, at), ...split, ...x.shape.slice(at + 1)]);
    // The axis of groups stands before that of a group's channels, and no mean crosses it.
    const given = resolveAxes(this.moduleName, this.options.axis ?? { start: 1 }, x.rank);
    const axes = given.map((axis) => (axis < at ? axis : axis + 1));
    const y = reshape(layerNorm(grouped, { axes, epsilon }), x.shape);
    return applyAffine(y, chosenAffine(this.moduleName, this, this, call));
  }
}
