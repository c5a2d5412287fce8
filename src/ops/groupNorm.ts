// Norms by the statistics of each item: group norm and instance norm.

import { ShapeError, shapeText } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ChannelNormOptions, channelSizes, normalizeChannels } from "./channelNorm.ts";
import { inF32 } from "./inF32.ts";

/**
 * `x` with mean 0 and variance 1 in every item and group of channels, then scaled and shifted.
 *
 *   y = (x − mean) / √(variance + ε) · scale + offset
 *
 * @param x       `[batch, …, channels]` f32, or `[batch, channels, …]` with `dataFormat: "NCHW"`.
 * @param groups  number of groups of neighbouring channels; divides their number.
 * @throws {ShapeError} unless groups divides the channels and scale and offset are `[channels]`.
 * @see Wu & He 2018, Group Normalization.
 */
export function groupNorm(x: Tensor, groups: number, options: ChannelNormOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(groupNorm, x, groups, options);
  const sizes = channelSizes("groupNorm", x, options);
  const { channels } = sizes;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError("groupNorm", "groups must divide the number of channels", {
      got: `${groups} groups for ${channels} channels of ${shapeText(x.shape)}`,
      remedy: 'If x has channels first, pass a dataFormat like "NCHW".',
    });
  }
  return normalizeItems("groupNorm", x, { ...sizes, groups }, options);
}

/**
 * `x` with mean 0 and variance 1 in every item and channel, then scaled and shifted: group norm
 * with a group for each channel.
 *
 * @param x  `[batch, …, channels]` f32, or `[batch, channels, …]` with `dataFormat: "NCHW"`.
 * @throws {ShapeError} unless scale and offset are `[channels]`.
 * @see Ulyanov, Vedaldi & Lempitsky 2016, Instance Normalization.
 */
export function instanceNorm(x: Tensor, options: ChannelNormOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(instanceNorm, x, options);
  const sizes = channelSizes("instanceNorm", x, options);
  return normalizeItems("instanceNorm", x, { ...sizes, groups: sizes.channels }, options);
}

function normalizeItems(
  op: string,
  x: Tensor,
  sizes: ReturnType<typeof channelSizes> & { readonly groups: number },
  { scale, offset, epsilon = 1e-5 }: ChannelNormOptions,
): Tensor {
  const affine = { scale, offset, epsilon };
  return normalizeChannels(op, x, { ...sizes, isPooled: false }, affine).y;
}
