// Where the channels of an input are.

import { UsageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * `"channels_last"`, `"channels_first"`, or a letter per axis: N and C with the spatial axes, like
 * "NHWC" and "NCHW", or a sequence with features last, like "BTD" and "TBD".
 */
export type ChannelFormat = string;

/** @returns 1 if channels come after the batch axis, −1 if they come last. */
export function channelIndex(format: ChannelFormat): 1 | -1 {
  if (format === "channels_first" || /^NC[^C]*$/.test(format)) return 1;
  if (format === "channels_last" || /^(N[^C]*C|(BT|TB)[^D]*D)$/.test(format)) return -1;
  throw new UsageError("dataFormat", "the format must say where the channels are", {
    got: `"${format}"`,
    remedy: 'Use "channels_last", "channels_first", or one like "NHWC", "NCHW" or "BTD".',
  });
}

/** The number of channels of `x`. */
export function channelsOf(x: Tensor, index: 1 | -1): number {
  return x.shape.at(index) as number;
}

/** The shape of one number per channel that broadcasts over `x`: `[C]`, or `[C, 1, …]`. */
export function perChannelShape(x: Tensor, index: 1 | -1): number[] {
  const channels = channelsOf(x, index);
  return index === -1 ? [channels] : [channels, ...Array<number>(x.rank - 2).fill(1)];
}
