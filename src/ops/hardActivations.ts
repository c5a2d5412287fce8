// Piecewise linear approximations of activation functions, cheap on small machines.

import type { Tensor } from "../tensor/tensor.ts";
import { greater, less, logicalAnd, mul } from "./binary.ts";
import { type ParametricOp, gradientRow, parametric } from "./unary.ts";
import { where } from "./where.ts";

const clamped: ParametricOp = /* @__PURE__ */ parametric(
  "hardTanh",
  "clamp(a, A(params.p), A(params.q))",
  /* @__PURE__ */ gradientRow(
    {
      name: "hardTanhGradient",
      expression: "select(A(0.0), a, (b > A(params.p)) & (b < A(params.q)))",
    },
    (dy, x, _, low, high) => where(logicalAnd(greater(x, low), less(x, high)), dy, 0),
  ),
);

/** min(max(x, 0), 6); the gradient at both ends is 0. */
export function relu6(x: Tensor): Tensor {
  return clamped(x, 0, 6);
}

/** x limited to [−1, 1]; the gradient at both ends is 0. */
export function hardTanh(
  x: Tensor,
  options: { readonly min?: number; readonly max?: number } = {},
): Tensor {
  return clamped(x, options.min ?? -1, options.max ?? 1);
}

const ramp: ParametricOp = /* @__PURE__ */ parametric(
  "hardSigmoid",
  "clamp(a * params.p + params.q, A(0.0), A(1.0))",
  /* @__PURE__ */ gradientRow(
    {
      name: "hardSigmoidGradient",
      expression: "rampSlope(a * params.p, b * params.p + params.q)",
      helpers: `fn rampSlope(slope: A, y: A) -> A {
  return select(A(0.0), slope, (y > A(0.0)) & (y < A(1.0)));
}`,
    },
    (dy, _, y, slope) => where(logicalAnd(greater(y, 0), less(y, 1)), mul(dy, slope), 0),
  ),
);

/** min(max(alpha·x + beta, 0), 1), with alpha = 1/6 and beta = ½ by default. */
export function hardSigmoid(
  x: Tensor,
  options: { readonly alpha?: number; readonly beta?: number } = {},
): Tensor {
  return ramp(x, options.alpha ?? 1 / 6, options.beta ?? 0.5);
}

/**
 * x · hardSigmoid(x), also called hard swish.
 *
 * @see Howard et al. 2019, Searching for MobileNetV3.
 */
export function hardSilu(x: Tensor): Tensor {
  return mul(x, hardSigmoid(x));
}
