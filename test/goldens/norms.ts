// Reference ops that normalise, and the statistics they rest on.

import * as renga from "../../src/index.ts";
import type { DataFormat, Tensor } from "../../src/index.ts";
import { l2Normalize, moments, norm, std, variance } from "../../src/ops/statistics.ts";
import type { Named } from "./case.ts";
import type { Run } from "./run.ts";

type Attrs = Readonly<Record<string, unknown>>;

const FIRST: readonly (DataFormat | undefined)[] = [undefined, "NCW", "NCHW", "NCDHW"];

/** "NCHW", "NC..." and the like to a data format; undefined is channels last. */
function formatOf(x: Tensor, { layout }: Attrs): { dataFormat?: DataFormat } {
  const dataFormat = String(layout).startsWith("NC") ? FIRST[x.rank - 2] : undefined;
  return dataFormat === undefined ? {} : { dataFormat };
}

const affineOf = ({ gamma, beta }: Named): { scale?: Tensor; offset?: Tensor } => ({
  ...(gamma === undefined ? {} : { scale: gamma }),
  ...(beta === undefined ? {} : { offset: beta }),
});

const epsilonOf = ({ eps }: Attrs): { epsilon?: number } => {
  return eps === undefined ? {} : { epsilon: eps as number };
};

const batchNormEval: Run = (given, attrs) => {
  const [x, mean, variance] = [given.x, given.rm, given.rv] as [Tensor, Tensor, Tensor];
  const options = { ...affineOf(given), ...epsilonOf(attrs), ...formatOf(x, attrs) };
  return renga.batchNorm(x, { ...options, mean, variance }).y;
};

const batchNormTrain: Run = (given, attrs) => {
  const x = given.x as Tensor;
  const options = { ...affineOf(given), ...epsilonOf(attrs), ...formatOf(x, attrs) };
  const { y, mean, variance: biased } = renga.batchNorm(x, options);
  const outputs = { y, batch_mean: mean, batch_var_biased: biased };
  if (given.rm === undefined || given.rv === undefined) return outputs;
  const { momentum = 0.1 } = attrs as { momentum?: number };
  const count = x.size / mean.size;
  const average = (old: Tensor, now: Tensor): Tensor => {
    return old.mul(1 - momentum).add(now.mul(momentum));
  };
  return {
    ...outputs,
    batch_var_unbiased: biased.mul(count / (count - 1)),
    new_rm: average(given.rm, mean),
    new_rv_biased: average(given.rv, biased),
    new_rv_unbiased: average(given.rv, biased.mul(count / (count - 1))),
  };
};

const groupNorm: Run = (given, attrs) => {
  const x = given.x as Tensor;
  const options = { ...affineOf(given), ...epsilonOf(attrs), ...formatOf(x, attrs) };
  return renga.groupNorm(x, attrs.groups as number, options);
};

const instanceNorm: Run = (given, attrs) => {
  const x = given.x as Tensor;
  const options = { ...affineOf(given), ...epsilonOf(attrs), ...formatOf(x, attrs) };
  return renga.instanceNorm(x, options);
};

const axesOf = ({ axes, axis }: Attrs): number[] => [(axes ?? axis ?? -1) as number].flat();

const layerNorm: Run = (given, attrs) => {
  const options = { axes: axesOf(attrs), ...affineOf(given), ...epsilonOf(attrs) };
  return renga.layerNorm(given.x as Tensor, options);
};

const rmsNorm: Run = (given, attrs) => {
  const options = { axes: axesOf(attrs), ...affineOf(given), ...epsilonOf(attrs) };
  return renga.rmsNorm(given.x as Tensor, options);
};

/** x over its root mean square over channels. */
const pixelNorm: Run = ({ x }, attrs) => {
  const axes = formatOf(x as Tensor, attrs).dataFormat === undefined ? -1 : 1;
  return renga.rmsNorm(x as Tensor, { axes, ...epsilonOf(attrs) });
};

const normalized: Run = ({ x }, attrs) => {
  return l2Normalize(x as Tensor, axesOf(attrs), (attrs.eps ?? 1e-12) as number);
};

/** g · v / ‖v‖, a norm for each index of `axis`. */
const weightNorm: Run = ({ v, g }, { axis = 0 }) => {
  const direction = v as Tensor;
  const kept = (axis as number) < 0 ? direction.rank + (axis as number) : axis;
  const others = direction.shape.map((_, i) => i).filter((i) => i !== kept);
  const length = norm(direction, others, { keepDims: true });
  return direction.mul((g as Tensor).reshape(length.shape).div(length));
};

/** w over its largest singular value, from power iterations that are constants to the gradient. */
const spectralNorm: Run = ({ w, u }, { iterations = 1 }) => {
  const matrix = w as Tensor;
  const fixed = renga.stopGradient(matrix);
  const times = (a: Tensor, b: Tensor): Tensor => renga.matmul(a, b);
  let left = u as Tensor;
  let right = l2Normalize(times(left, fixed));
  for (let i = 0; i < (iterations as number); i++) {
    right = l2Normalize(times(left, fixed));
    left = l2Normalize(times(fixed, right));
  }
  const sigma = renga.sum(times(matrix, right).mul(left));
  return { w_sn: matrix.div(sigma), u_new: left, v_new: right, sigma };
};

/** Zero-debiased moving averages of batch statistics. */
const movingAverage: Run = (given, { decay }) => {
  const rate = 1 - (decay as number);
  const outputs: Record<string, Tensor> = {};
  let [hiddenMean, hiddenVariance]: (Tensor | undefined)[] = [];
  Object.values(given).forEach((x, i) => {
    const now = moments(x, 0);
    const step = (hidden: Tensor | undefined, value: Tensor): Tensor => {
      return hidden === undefined ? value.mul(rate) : hidden.sub(hidden.sub(value).mul(rate));
    };
    hiddenMean = step(hiddenMean, now.mean);
    hiddenVariance = step(hiddenVariance, now.variance);
    const weight = 1 - (decay as number) ** (i + 1);
    outputs[`mean${i + 1}`] = hiddenMean.div(weight);
    outputs[`var${i + 1}`] = hiddenVariance.div(weight);
  });
  return outputs;
};

const spread =
  (op: typeof variance): Run =>
  ({ x }, { axes, keepdims, ddof = 0 }) =>
    op(x as Tensor, axes as number[], { keepDims: keepdims === true, ddof: ddof as number });

const vectorNorm =
  (ord: number): Run =>
  ({ x }, { axes, keepdims }) =>
    norm(x as Tensor, axes as number[], { ord, keepDims: keepdims === true });

export const NORMS: Readonly<Record<string, Run>> = {
  batch_norm_eval: batchNormEval,
  batch_norm_train: batchNormTrain,
  ema: movingAverage,
  group_norm: groupNorm,
  instance_norm: instanceNorm,
  l2_normalize: normalized,
  layer_norm: layerNorm,
  norm_l1: vectorNorm(1),
  norm_l2: vectorNorm(2),
  norm_linf: vectorNorm(Infinity),
  pixel_norm: pixelNorm,
  rms_norm: rmsNorm,
  spectral_norm: spectralNorm,
  std: spread(std),
  var: spread(variance),
  weight_norm: weightNorm,
};
