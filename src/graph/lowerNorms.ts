// Norms in terms of means, products and roots.

import type { Affine, ChannelSizes } from "../ops/channelKernels.ts";
import type { RowAffine } from "../ops/rowKernels.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { mean } from "../ops/sum.ts";
import { sqrt } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";

function normalized(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const centred = sub(x, mean(x, axes, { keepDims: true }));
  return scaledDown(centred, axes, epsilon);
}

function scaledDown(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const power = mean(mul(x, x), axes, { keepDims: true });
  return div(x, sqrt(add(power, epsilon)));
}

function withAffine(
  x: Tensor,
  { scale, offset }: Pick<RowAffine, "scale" | "offset">,
  aligned = (v: Tensor): Tensor => v,
): Tensor {
  const scaled = scale === undefined ? x : mul(x, aligned(scale));
  return offset === undefined ? scaled : add(scaled, aligned(offset));
}

/** Of rows `[rows, length]`. */
export function lowerLayerNorm([x]: readonly Tensor[], affine: RowAffine): Tensor {
  return withAffine(normalized(x as Tensor, [1], affine.epsilon), affine);
}

/** Of rows `[rows, length]`. */
export function lowerRmsNorm([x]: readonly Tensor[], affine: RowAffine): Tensor {
  return withAffine(scaledDown(x as Tensor, [1], affine.epsilon), affine);
}

/** Of channels, alone or in groups, item by item or over all items. */
export function lowerChannelNorm(
  [given]: readonly Tensor[],
  [sizes, affine]: readonly [ChannelSizes, Affine],
): Tensor {
  const x = given as Tensor;
  const { length, channels, groups, isPooled, isChannelsFirst } = sizes;
  const { scale, offset, epsilon } = affine;
  const width = channels / groups;
  const spread = isChannelsFirst ? [-1, groups, width, length] : [-1, length, groups, width];
  const inner = isChannelsFirst ? [2, 3] : [1, 3];
  const y = normalized(reshape(x, spread), isPooled ? [0, ...inner] : inner, epsilon);
  const aligned = (v: Tensor): Tensor => {
    return reshape(v, isChannelsFirst ? [groups, width, 1] : [groups, width]);
  };
  const shape = [-1, ...x.shape.slice(1)];
  return reshape(withAffine(y, { scale, offset }, aligned), shape);
}
