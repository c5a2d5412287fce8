// Norms as other libraries hold them: vectors of a number per channel.

import type { BaseBatchNorm } from "../nn/batchNorm.ts";
import { ExponentialMovingAverage } from "../nn/statistics.ts";
import type { HostArray } from "../data/hostArray.ts";
import { UsageError } from "../errors.ts";
import type { Variable } from "../tensor/variable.ts";
import { requireCalled } from "./layers.ts";
import { type Mapping, mapConstant, mapTensor } from "./mapping.ts";

/** Names in a file. */
export interface NormNames {
  readonly scale: string;
  readonly offset: string;
}

/** Names in a file. */
export interface BatchNormNames extends NormNames {
  readonly mean: string;
  readonly variance: string;
}

/** e⁻¹⁷ is below half of the last bit of an f32 near 1. */
const SETTLED = 17;

/** A vector of the file for a variable that has axes of length 1 beside the channels'. */
const vector = (variable: Variable, name: string): Mapping =>
  mapTensor(variable, name, { shape: [variable.size] });

/** A norm's scale and offset, where it has them. */
export function mapNorm(
  norm: { readonly scale: Variable | undefined; readonly offset?: Variable | undefined },
  names: NormNames,
): Mapping[] {
  const { scale, offset } = norm;
  return [
    ...(scale === undefined ? [] : [vector(scale, names.scale)]),
    ...(offset === undefined ? [] : [vector(offset, names.offset)]),
  ];
}

/**
 * A batch norm's scale, offset and moving averages. Those that go on from the file's weigh them as if they had
 * seen so many batches that the start at zero is forgotten, which is what other libraries do.
 *
 * @throws {UsageError} if its statistics are no moving averages, or it was never called.
 */
export function mapBatchNorm(norm: BaseBatchNorm, names: BatchNormNames): Mapping[] {
  requireCalled("mapBatchNorm", norm, norm.scale !== undefined);
  const { scale, offset, createScale, createOffset, movingMean, movingVariance } = norm;
  return [
    createScale ? vector(scale, names.scale) : mapConstant(scale, 1),
    createOffset ? vector(offset, names.offset) : mapConstant(offset, 0),
    ...mapAverage(norm, movingMean, names.mean),
    ...mapAverage(norm, movingVariance, names.variance),
  ];
}

function mapAverage(norm: BaseBatchNorm, statistic: unknown, name: string): Mapping[] {
  if (!(statistic instanceof ExponentialMovingAverage)) {
    throw new UsageError(norm.moduleName, "only moving averages have statistics to map", {
      remedy: "Map its variables with mapTensor.",
    });
  }
  const { _counter: counter, decay } = statistic;
  const [hidden, average] = [statistic._hidden, statistic.average] as [Variable, Variable];
  const { shape, size } = average;
  const count = Math.max(1, Math.ceil(-SETTLED / Math.log(decay)));
  const both: Mapping = {
    variables: [hidden, average],
    tensors: [{ name, shape: [size] }],
    decode([array]) {
      const value = { ...(array as HostArray), shape };
      return [value, value];
    },
    encode: ([, value]) => [{ ...(value as HostArray), shape: [size] }],
  };
  return [both, mapConstant(counter, count)];
}
