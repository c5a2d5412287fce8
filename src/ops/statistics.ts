// Variances and vector norms, made up of reductions.

import { UsageError } from "../errors.ts";
import { type Axes, normalizeAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div, equal, maximum, mul, sub } from "./binary.ts";
import { inF32 } from "./inF32.ts";
import { pow } from "./pow.ts";
import { max } from "./reduce.ts";
import { type ReduceOptions, reducedShape } from "./reduction.ts";
import { mean, sum, unreduce } from "./sum.ts";
import { record, untaped } from "./tape.ts";
import { abs, sqrt, square } from "./unary.ts";
import { reshape } from "./views.ts";
import { where } from "./where.ts";

/** Options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** Taken from the count before dividing; 1 gives the unbiased estimate. Default 0. */
  readonly ddof?: number;
}

/** Mean and variance over axes, the variance from differences to the mean: exact for large means. */
export function moments(
  x: Tensor,
  axes?: Axes,
  options: VarianceOptions = {},
): { mean: Tensor; variance: Tensor } {
  if (x.dtype === "f16") return inF32(moments, x, axes, options);
  const { keepDims = false, ddof = 0 } = options;
  const reduced = normalizeAxes("moments", axes, x.rank);
  const count = reduced.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  const center = mean(x, axes, { keepDims: true });
  const biased = mean(square(sub(x, center)), axes, { keepDims: true });
  const spread = ddof === 0 ? biased : mul(biased, count / (count - ddof));
  const shape = reducedShape(x, reduced, keepDims);
  return { mean: reshape(center, shape), variance: reshape(spread, shape) };
}

/** Mean squared difference to the mean over axes, all of them by default. */
export function variance(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return moments(x, axes, options).variance;
}

/** Square root of the variance over axes, all of them by default. */
export function std(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return sqrt(variance(x, axes, options));
}

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** Exponent: (Σ |x|ᵒ)^(1/o). Default 2; Infinity is the largest magnitude. */
  readonly ord?: number;
}

/**
 * Vector norm over axes, all of them by default. The gradient at 0 is 0.
 *
 *     norm(x, -1)              // Euclidean length of each row
 *     norm(x, -1, { ord: 1 })  // sum of magnitudes
 */
export function norm(x: Tensor, axes?: Axes, options: NormOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(norm, x, axes, options);
  const { ord = 2, keepDims = false } = options;
  if (ord === 1) return sum(abs(x), axes, { keepDims });
  if (ord === Infinity) return max(abs(x), axes, { keepDims });
  if (ord === 2) return euclidean(x, axes, keepDims);
  if (Number.isFinite(ord) && ord > 0) {
    return pow(sum(pow(abs(x), ord), axes, { keepDims }), 1 / ord);
  }
  throw new UsageError("norm", "ord must be a positive number or Infinity", { got: `${ord}` });
}

function euclidean(x: Tensor, axes: Axes | undefined, keepDims: boolean): Tensor {
  const y = untaped(() => sqrt(sum(square(x), axes, { keepDims })));
  record(
    "norm",
    [x],
    y,
    [(dy) => mul(x, unreduce(div(dy, where(equal(y, 0), 1, y)), x, axes))],
    axes,
  );
  return y;
}

/** `x` over its Euclidean norm along axes, which counts as at least `epsilon`. */
export function l2Normalize(x: Tensor, axes: Axes = -1, epsilon = 1e-12): Tensor {
  if (x.dtype === "f16") return inF32(l2Normalize, x, axes, epsilon);
  return div(x, maximum(norm(x, axes, { keepDims: true }), epsilon));
}
