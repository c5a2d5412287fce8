// Batch norm: by the statistics of a batch while training, by given ones afterwards.

import { UsageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, mul, sub } from "./binary.ts";
import { type Affine, type Moments, parameter, runNorm } from "./channelKernels.ts";
import {
  type ChannelNormOptions,
  type Normalized,
  channelSizes,
  normalizeChannels,
  requirePerChannel,
} from "./channelNorm.ts";
import { isWatched } from "./tape.ts";
import { rsqrt } from "./unary.ts";
import { contiguous, reshape } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** Options of `batchNorm`. */
export interface BatchNormOptions extends ChannelNormOptions {
  /** `[channels]`: use this mean and variance instead of the batch's. */
  readonly mean?: Tensor;
  readonly variance?: Tensor;
}

/**
 * `x` with mean 0 and variance 1 in every channel, then scaled and shifted.
 *
 *   y = (x − mean) / √(variance + ε) · scale + offset
 *
 * Mean and variance are those of the batch over all axes but the channels, or the given ones. They
 * are returned for a running average; those of the batch are constants to a tape (gradients reach x
 * through y), and the variance is the biased one, divided by the count.
 *
 *     const { y, mean, variance } = batchNorm(x, { scale, offset });                // training
 *     const { y } = batchNorm(x, { scale, offset, mean: average, variance: spread }); // evaluation
 *
 * @param x  `[batch, …, channels]` f32, or `[batch, channels, …]` with `dataFormat: "NCHW"`.
 * @returns  y in the shape of x; mean and variance `[channels]`, zero for an empty batch.
 * @throws {ShapeError} unless all parameters have one element per channel.
 * @see Ioffe & Szegedy 2015, Batch Normalization.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Normalized {
  if (x.dtype === "f16") return inF32(batchNorm, x, options);
  const { scale, offset, epsilon = 1e-5, mean, variance } = options;
  const sizes = batchSizes(x, options);
  const { channels } = sizes;
  const affine = { scale, offset, epsilon };
  if (mean !== undefined && variance !== undefined) {
    requirePerChannel("batchNorm", "mean", mean, channels);
    requirePerChannel("batchNorm", "variance", variance, channels);
    const y = normalizeBy(x, sizes, { mean, variance }, affine);
    return { y, mean, variance };
  }
  if (mean !== undefined || variance !== undefined) {
    throw new UsageError("batchNorm", "mean and variance must be given together, or neither", {
      got: `only ${mean === undefined ? "variance" : "mean"}`,
    });
  }
  const batch = { ...sizes, groups: channels, isPooled: true };
  const found = normalizeChannels("batchNorm", x, batch, affine);
  return {
    y: found.y,
    mean: reshape(found.mean, [channels]),
    variance: reshape(found.variance, [channels]),
  };
}

type Sizes = ReturnType<typeof channelSizes>;

/** Channels last, all items are one long item. */
function batchSizes(x: Tensor, options: BatchNormOptions): Sizes {
  const sizes = channelSizes("batchNorm", x, options);
  if (sizes.isChannelsFirst) return sizes;
  return { ...sizes, items: 1, length: sizes.items * sizes.length };
}

/** By given statistics: one kernel, or ops where a gradient is wanted. */
function normalizeBy(x: Tensor, sizes: Sizes, { mean, variance }: Moments, affine: Affine): Tensor {
  const { scale, offset, epsilon } = affine;
  const operands = [x, mean, variance, ...(scale ? [scale] : []), ...(offset ? [offset] : [])];
  const { channels, isChannelsFirst } = sizes;
  if (x.size > 0 && !isWatched(...operands)) {
    const row = (v: Tensor): Tensor => reshape(parameter(v, 0).x, [1, channels]);
    const found = { mean: row(mean), variance: row(variance) };
    return runNorm(contiguous(x), sizes, found, affine);
  }
  const aligned = (v: Tensor): Tensor => {
    return isChannelsFirst ? reshape(v, [channels, ...Array<number>(x.rank - 2).fill(1)]) : v;
  };
  const r = rsqrt(add(variance, epsilon));
  const slope = aligned(scale === undefined ? r : mul(r, scale));
  const y = mul(sub(x, aligned(mean)), slope);
  return offset === undefined ? y : add(y, aligned(offset));
}
