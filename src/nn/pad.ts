/**
 * Borders of convolutions that depend on nothing but the effective kernel length, (kernel − 1) · rate + 1,
 * as elements before and after an axis.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { type PadFunction, perAxis } from "../ops/convGeometry.ts";

/** No border. */
export const valid: PadFunction = () => [0, 0];

/** As many results as inputs where the stride is 1. */
export const same: PadFunction = (length) => [Math.floor((length - 1) / 2), Math.floor(length / 2)];

/** Every place where the kernel meets the input. */
export const full: PadFunction = (length) => [length - 1, length - 1];

/** A result sees nothing that comes after it. */
export const causal: PadFunction = (length) => [length - 1, 0];

/** A result sees nothing that comes before it. */
export const reverseCausal: PadFunction = (length) => [0, length - 1];

/**
 * Borders of all axes of a batch, none for the batch and the channels.
 *
 * @param padding       one for all spatial axes, or one each.
 * @param kernel        its lengths; `rate` its steps.
 * @param axes          number of spatial axes.
 * @param channelIndex  where the channels are: 1 or −1.
 */
export function create(
  padding: PadFunction | readonly PadFunction[],
  kernel: number | readonly number[],
  rate: number | readonly number[],
  axes: number,
  channelIndex: 1 | -1,
): [number, number][] {
  const listed = typeof padding === "function" ? [padding] : padding;
  if (listed.length !== 1 && listed.length !== axes) {
    throw new UsageError("pad.create", "padding must be one function, or one per spatial axis", {
      got: `${listed.length} for ${axes} axes`,
    });
  }
  const steps = perAxis("pad.create", "rate", rate, axes);
  const spatial = perAxis("pad.create", "kernel", kernel, axes).map((taps, i) => {
    const border = listed[listed.length === 1 ? 0 : i] as PadFunction;
    return [...border((taps - 1) * (steps[i] as number) + 1)] as [number, number];
  });
  return channelIndex === 1 ? [[0, 0], [0, 0], ...spatial] : [[0, 0], ...spatial, [0, 0]];
}
