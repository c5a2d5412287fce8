// ONNX norms. Channels come first.

import * as renga from "./library.ts";
import type { DataFormat, Tensor } from "./library.ts";
import type { Call, Run } from "./call.ts";

const FORMATS: readonly (DataFormat | undefined)[] = [undefined, "NCW", "NCHW", "NCDHW"];

/** Scale, offset, ε and the data format. */
function affineOf(call: Call) {
  const dataFormat = FORMATS[call.x().rank - 2];
  return {
    scale: call.x(1),
    offset: call.x(2),
    epsilon: call.attr("epsilon", 1e-5),
    ...(dataFormat === undefined ? {} : { dataFormat }),
  };
}

/** Running averages move by 1 − momentum. */
function batchNorm(call: Call): Tensor[] {
  const [before, spread] = [call.x(3), call.x(4)];
  const affine = affineOf(call);
  if (!call.flag("training_mode")) {
    return [renga.batchNorm(call.x(), { ...affine, mean: before, variance: spread }).y];
  }
  const { y, mean, variance } = renga.batchNorm(call.x(), affine);
  const rate = call.attr("momentum", 0.9);
  const moved = (old: Tensor, now: Tensor): Tensor => old.mul(rate).add(now.mul(1 - rate));
  return [y, moved(before, mean), moved(spread, variance)];
}

/** All axes from `axis` on. */
function trailingAxes(call: Call): number[] {
  const { rank } = call.x();
  const axis = call.attr("axis", -1);
  const first = axis < 0 ? axis + rank : axis;
  return Array.from({ length: rank }, (_, i) => i).filter((i) => i >= first);
}

function layerNorm(call: Call): Tensor[] {
  const [axes, epsilon, offset] = [trailingAxes(call), call.attr("epsilon", 1e-5), call.maybe(2)];
  const options = { axes, epsilon, scale: call.x(1), ...(offset ? { offset } : {}) };
  const { mean, variance } = renga.moments(call.x(), axes, { keepDims: true });
  return [renga.layerNorm(call.x(), options), mean, renga.rsqrt(variance.add(epsilon))];
}

/** Before version 21 scale and offset were numbers of a group, not of a channel. */
function groupNorm(call: Call): Tensor {
  const groups = call.attr("num_groups", 1);
  const channels = call.x().shape[1] as number;
  const { scale, offset, ...options } = affineOf(call);
  const perChannel = (given: Tensor): Tensor =>
    given.size === channels
      ? given
      : renga.reshape(renga.tile(renga.expandDims(given, 1), [1, channels / groups]), [-1]);
  return renga.groupNorm(call.x(), groups, {
    ...options,
    scale: perChannel(scale),
    offset: perChannel(offset),
  });
}

export const NORMS: Readonly<Record<string, Run>> = {
  BatchNormalization: batchNorm,
  GroupNormalization: groupNorm,
  InstanceNormalization: (call) => renga.instanceNorm(call.x(), affineOf(call)),
  LayerNormalization: layerNorm,
  RMSNormalization: (call) =>
    renga.rmsNorm(call.x(), {
      axes: trailingAxes(call),
      scale: call.x(1),
      epsilon: call.attr("epsilon", 1e-5),
    }),
};
