// Numbers around 0 with deviation 1, by the statistics of the training data.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { mul, sub } from "../ops/binary.ts";
import { tensor } from "../ops/creation.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Mean and standard deviation by channel, as `channelStatistics` of renga/data finds them. */
export interface NormalizeStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * (x − mean) / deviation along the last axis; a channel that never varies becomes 0.
 *
 *     const prepared = normalize(channelStatistics(train.fields.inputs));
 *
 * @returns a function of tensors `[…, channels]`: of images, or of a table's columns.
 */
export function normalize(statistics: NormalizeStatistics): (x: Tensor) => Tensor {
  const { mean, deviation } = statistics;
  if (mean.length !== deviation.length || !deviation.every((value) => value >= 0)) {
    throw new UsageError("normalize", "each mean must have a deviation from 0", {
      got: `${mean.length} means and deviations ${deviation.join(", ")}`,
    });
  }
  const scale = deviation.map((value) => (value > 0 ? 1 / value : 1));
  return (x) => {
    if (x.shape.at(-1) !== mean.length) {
      throw new ShapeError("normalize", "the last axis must be that of the statistics", {
        got: `${shapeText(x.shape)} for ${mean.length} channels`,
      });
    }
    return scope(() => mul(sub(x, tensor([...mean])), tensor(scale)));
  };
}
