// The gradient of every norm written in ops, for when it is itself differentiated.

import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, mul, sub } from "./binary.ts";
import { mean, sumTo } from "./sum.ts";
import { rsqrt, square } from "./unary.ts";
import { reshape } from "./views.ts";

/** A norm as a formula over a reshaped x. */
export interface NormFormula {
  /** x with an axis for each that is reduced or scaled on its own. */
  readonly shape: Shape;
  /** Axes of `shape` that share a mean and variance. */
  readonly axes: readonly number[];
  /** Shape that scale and offset have beside `shape`. */
  readonly affineShape: Shape;
  /** Whether the mean is taken away. */
  readonly isCentered: boolean;
  readonly epsilon: number;
}

/**
 * Gradients of a norm for x, scale and offset:
 *
 *   dx = r · (g − mean(g) − x̂ · mean(g · x̂)),  dscale = Σ dy · x̂,  doffset = Σ dy
 *
 * with g = scale · dy, x̂ = (x − mean(x)) · r and r = 1 / √(mean((x − mean(x))²) + ε).
 *
 * @returns  dx in the shape of x, the others in `affineShape`.
 */
export function normGradients(
  x: Tensor,
  dy: Tensor,
  scale: Tensor | undefined,
  { shape, axes, affineShape, isCentered, epsilon }: NormFormula,
): [Tensor, Tensor, Tensor] {
  const average = (v: Tensor): Tensor => mean(v, axes, { keepDims: true });
  const given = reshape(x, shape);
  const arriving = reshape(dy, shape);
  const centered = isCentered ? sub(given, average(given)) : given;
  const r = rsqrt(add(average(square(centered)), epsilon));
  const normalized = mul(centered, r);
  const g = scale === undefined ? arriving : mul(arriving, reshape(scale, affineShape));
  const tilted = sub(g, mul(normalized, average(mul(g, normalized))));
  const dx = mul(r, isCentered ? sub(tilted, average(g)) : tilted);
  return [
    reshape(dx, x.shape),
    sumTo(mul(arriving, normalized), affineShape),
    sumTo(arriving, affineShape),
  ];
}
