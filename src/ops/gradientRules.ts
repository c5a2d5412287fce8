// Functions whose gradients are other than their slopes.

import { UsageError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { greater, less, logicalAnd, logicalOr, maximum, minimum, mul } from "./binary.ts";
import { record, untaped } from "./tape.ts";
import { where } from "./where.ts";

/** x as it is; gradients through it are multiplied by `scale`, which gets none itself. */
export function scaleGradient(x: Tensor, scale: Tensor | number): Tensor {
  const y = Tensor.view(x, x.shape, x.strides);
  record("scaleGradient", [x], y, [(dy) => mul(dy, scale)]);
  return y;
}

/**
 * min(max(x, low), high), whose gradient is kept where x is outside only if following it would bring x
 * back: it is 0 where x < low and dy > 0, and where x > high and dy < 0. The bounds get none.
 *
 * @param low   a number, or a tensor that broadcasts to x.
 * @param high  likewise.
 * @throws {UsageError} if both are numbers and low > high.
 */
export function leakyClipByValue(x: Tensor, low: Tensor | number, high: Tensor | number): Tensor {
  if (typeof low === "number" && typeof high === "number" && !(low <= high)) {
    const got = `${low} and ${high}`;
    throw new UsageError("leakyClipByValue", "low must be at most high", { got });
  }
  const y = untaped(() => minimum(maximum(x, low), high));
  const rule = (dy: Tensor): Tensor => {
    const below = logicalAnd(less(x, low), greater(dy, 0));
    const above = logicalAnd(greater(x, high), less(dy, 0));
    return where(logicalOr(below, above), 0, dy);
  };
  record("leakyClipByValue", [x], y, [rule]);
  return y;
}
