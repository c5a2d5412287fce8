// Conversion between element types.

import { type DType, WGSL_TYPE, requireDtype, requireSupport } from "../tensor/dtype.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Unary, kernelsOfUnary } from "./elementwise.ts";
import { UsageError } from "../errors.ts";
import { record } from "./tape.ts";

const ALL: readonly DType[] = ["f32", "f16", "i32", "u32", "bool"];

const casts: Readonly<Record<DType, Unary>> = /* @__PURE__ */ (() => {
  const to = (result: DType): Unary => {
    const expression = result === "bool" ? "Out(a != A(0))" : "Out(a)";
    return new Unary({ name: `cast to ${result}`, expression, dtypes: ALL, result });
  };
  return { f32: to("f32"), f16: to("f16"), i32: to("i32"), u32: to("u32"), bool: to("bool") };
})();

/** Every kernel of this file. */
export function castKernels(): Kernel[] {
  return ALL.flatMap((dtype) => kernelsOfUnary(casts[dtype]));
}

/**
 * The elements as another dtype: floats are truncated towards zero, bools become 0 and 1, and
 * anything but 0 becomes true. A number between two f16 becomes one of them, as the adapter rounds
 * (WGSL leaves the choice to it). Gradient flows between f32 and f16.
 *
 * @throws {DeviceError} if the dtype is "f16" and the adapter has no shader-f16.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (!(dtype in WGSL_TYPE)) {
    throw new UsageError("cast", `dtype must be ${ALL.join(", ")}`, { got: String(dtype) });
  }
  if (x.dtype === dtype) return x;
  requireDtype("cast", x.dtype, ALL);
  requireSupport("cast", dtype);
  const y = casts[dtype].run(x);
  record("cast", [x], y, [(dy) => cast(dy, x.dtype)]);
  return y;
}
