// Scale and offset of a norm: variables with a number per channel, or tensors given at a call.

import { UsageError } from "../errors.ts";
import { add, mul } from "../ops/binary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { type ChannelFormat, channelIndex, perChannelShape } from "./channels.ts";
import { type Initializer, Ones, Zeros } from "./initializers.ts";

/** Options of every norm. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Default: ones. Only with a scale. */
  readonly scaleInit?: Initializer;
  /** Default: zeros. Only with an offset. */
  readonly offsetInit?: Initializer;
  /** Default "channels_last". */
  readonly dataFormat?: ChannelFormat;
  readonly name?: string;
}

/** What a call may bring where the module has none of its own: whatever broadcasts to the input. */
export interface NormCall {
  readonly scale?: Tensor;
  readonly offset?: Tensor;
}

/** Whether a norm has a scale and an offset. */
export interface AffineFlags {
  readonly createScale: boolean;
  readonly createOffset: boolean;
}

/** @throws {UsageError} if an initializer has nothing to initialize. */
export function requireAffine(
  name: string,
  { createScale, createOffset }: AffineFlags,
  options: NormOptions,
): void {
  for (const [part, isMade, init] of [
    ["scale", createScale, options.scaleInit],
    ["offset", createOffset, options.offsetInit],
  ] as const) {
    if (isMade || init === undefined) continue;
    throw new UsageError(name, `${part}Init needs a ${part}`, {
      remedy: `Pass true for the ${part}, or leave ${part}Init out.`,
    });
  }
  channelIndex(options.dataFormat ?? "channels_last");
}

/** A scale for the channels of `x`. */
export function makeScale(x: Tensor, options: NormOptions, trainable = true): Variable {
  const shape = perChannelShape(x, channelIndex(options.dataFormat ?? "channels_last"));
  return new Variable((options.scaleInit ?? Ones())(shape), { name: "scale", trainable });
}

/** An offset for the channels of `x`. */
export function makeOffset(x: Tensor, options: NormOptions, trainable = true): Variable {
  const shape = perChannelShape(x, channelIndex(options.dataFormat ?? "channels_last"));
  return new Variable((options.offsetInit ?? Zeros())(shape), { name: "offset", trainable });
}

/**
 * The module's scale and offset, or those of the call.
 *
 * @throws {UsageError} if a call brings what the module has.
 */
export function chosenAffine(
  name: string,
  flags: AffineFlags,
  own: { readonly scale: Tensor | undefined; readonly offset: Tensor | undefined },
  { scale, offset }: NormCall,
): { readonly scale: Tensor | undefined; readonly offset: Tensor | undefined } {
  for (const [part, isMade, given] of [
    ["scale", flags.createScale, scale],
    ["offset", flags.createOffset, offset],
  ] as const) {
    if (!isMade || given === undefined) continue;
    throw new UsageError(name, `a call cannot bring a ${part} where the module has one`, {
      remedy: `Make the module without a ${part}.`,
    });
  }
  return { scale: scale ?? own.scale, offset: offset ?? own.offset };
}

/** y · scale + offset, as far as there are any. */
export function applyAffine(
  y: Tensor,
  { scale, offset }: { readonly scale: Tensor | undefined; readonly offset: Tensor | undefined },
): Tensor {
  const scaled = scale === undefined ? y : mul(y, scale);
  return offset === undefined ? scaled : add(scaled, offset);
}
