// The norm behind batch, group and instance norm: statistics of channels, and what follows them.

import { ShapeError, shapeText } from "../errors.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./binary.ts";
import {
  type Affine,
  type ChannelSizes,
  type Moments,
  runGradient,
  runMoments,
  runNorm,
  runSums,
} from "./channelKernels.ts";
import { isChannelsFirst } from "./channels.ts";
import type { DataFormat } from "./convGeometry.ts";
import { zeros } from "./creation.ts";
import { type NormFormula, normGradients } from "./normFormula.ts";
import { slice } from "./slice.ts";
import { broadcastTo, sum } from "./sum.ts";
import { isWatched, recordJoint } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";

/** What batch, group and instance norm have in common. */
export interface ChannelNormOptions {
  /** `[channels]`, multiplied at the end. */
  readonly scale?: Tensor;
  /** `[channels]`, added at the end. */
  readonly offset?: Tensor;
  /** Added to the variance before the root. Default 1e-5. */
  readonly epsilon?: number;
  /** Default: channels last. */
  readonly dataFormat?: DataFormat;
}

/**
 * Where channels are in `x`, after a check of all operands.
 *
 * @throws {ShapeError} unless x has batch and channels, and scale and offset one element a channel.
 */
export function channelSizes(
  op: string,
  x: Tensor,
  options: ChannelNormOptions,
): Omit<ChannelSizes, "groups" | "isPooled"> {
  requireDtype(op, x.dtype, ["f32"]);
  if (x.rank < 2) {
    throw new ShapeError(op, "x must have a batch axis and channels", { got: shapeText(x.shape) });
  }
  // Without spatial axes channels are first and last.
  const { dataFormat } = options;
  const isFirst = x.rank > 2 && isChannelsFirst(op, x.rank - 2, dataFormat);
  const channels = x.shape[isFirst ? 1 : x.rank - 1] as number;
  requirePerChannel(op, "scale", options.scale, channels);
  requirePerChannel(op, "offset", options.offset, channels);
  const spatial = isFirst ? x.shape.slice(2) : x.shape.slice(1, -1);
  const [items, length] = [x.shape[0] as number, sizeOf(spatial)];
  // With one position per channel both orders are the same, and channels last is faster.
  return { items, length, channels, isChannelsFirst: isFirst && length > 1 };
}

/** @throws {ShapeError} unless `given` is undefined or f32 `[channels]`. */
export function requirePerChannel(
  op: string,
  name: string,
  given: Tensor | undefined,
  channels: number,
): void {
  if (given === undefined) return;
  requireDtype(op, given.dtype, ["f32"]);
  if (given.rank === 1 && given.size === channels) return;
  throw new ShapeError(op, `${name} must have one element per channel`, {
    got: `${name} ${shapeText(given.shape)} for ${channels} channels`,
    remedy: 'If x has channels first, pass a dataFormat like "NCHW".',
  });
}

/** A normalised tensor with the statistics that were used. */
export interface Normalized extends Moments {
  readonly y: Tensor;
}

/**
 * The norm of x by its own statistics. Gradients flow to x, scale and offset, through y only: mean
 * and variance are constants to a tape.
 *
 * @returns  y in the shape of x; mean and variance `[items or 1, channels]`.
 */
export function normalizeChannels(
  op: string,
  given: Tensor,
  sizes: ChannelSizes,
  affine: Affine,
): Normalized {
  const { scale, offset } = affine;
  const x = contiguous(given);
  if (x.size === 0) return normalizeNothing(op, x, sizes, affine);
  const found = runMoments(x, sizes);
  const y = runNorm(x, sizes, found, affine);
  const inputs = [x, ...(scale ? [scale] : []), ...(offset ? [offset] : [])];
  recordJoint(
    op,
    inputs,
    [y],
    ([arriving]) => {
      const dy = arriving as Tensor;
      const [dx, dScale, dOffset] = isWatched(...inputs, dy)
        ? formulaGradients(x, dy, sizes, affine)
        : kernelGradients(x, contiguous(dy), sizes, found, affine);
      return [dx, ...(scale ? [dScale] : []), ...(offset ? [dOffset] : [])];
    },
    [sizes, affine],
  );
  return { y, ...found };
}

function normalizeNothing(
  op: string,
  x: Tensor,
  { items, channels, isPooled }: ChannelSizes,
  { scale, offset }: Affine,
): Normalized {
  const parameters = [...(scale ? [scale] : []), ...(offset ? [offset] : [])];
  const y = zeros(x.shape);
  recordJoint(op, [x, ...parameters], [y], () => [x, ...parameters].map((v) => zeros(v.shape)));
  const shape = [isPooled ? 1 : items, channels];
  return { y, mean: zeros(shape), variance: zeros(shape) };
}

/** Elements that share a mean. */
function sharedCount({ items, length, channels, groups, isPooled }: ChannelSizes): number {
  return (isPooled ? items : 1) * length * (channels / groups);
}

function kernelGradients(
  x: Tensor,
  dy: Tensor,
  sizes: ChannelSizes,
  found: Moments,
  affine: Affine,
): readonly [Tensor, Tensor, Tensor] {
  const { items, channels, groups, isPooled } = sizes;
  const each = runSums(x, dy, sizes, found, affine.epsilon); // [2, items, channels]
  const all = items === 1 ? each : sum(each, 1, { keepDims: true });
  const own = isPooled ? all : each;
  let totals = affine.scale === undefined ? own : mul(own, affine.scale);
  if (groups < channels) {
    const apart = reshape(totals, [2, own.shape[1] as number, groups, channels / groups]);
    const shared = broadcastTo(sum(apart, 3, { keepDims: true }), apart.shape);
    totals = contiguous(reshape(shared, own.shape));
  }
  const dx = runGradient(x, dy, sizes, found, totals, sharedCount(sizes), affine);
  const perChannel = reshape(all, [2, channels]);
  return [dx, slice(perChannel, [1]), slice(perChannel, [0])];
}

function formulaGradients(
  x: Tensor,
  dy: Tensor,
  { items, length, channels, groups, isPooled, isChannelsFirst: isFirst }: ChannelSizes,
  { scale, epsilon }: Affine,
): readonly [Tensor, Tensor, Tensor] {
  const width = channels / groups;
  const positions = isFirst ? [2, 3] : [1, 3];
  const formula: NormFormula = {
    shape: isFirst ? [items, groups, width, length] : [items, length, groups, width],
    axes: isPooled ? [0, ...positions] : positions,
    affineShape: isFirst ? [groups, width, 1] : [groups, width],
    isCentered: true,
    epsilon,
  };
  const [dx, dScale, dOffset] = normGradients(x, dy, scale, formula);
  return [dx, reshape(dScale, [channels]), reshape(dOffset, [channels])];
}
