// Conversion between element types.

import { requireDtype, type DType, WGSL_TYPE } from "../tensor/dtype.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Unary } from "./elementwise.ts";
import { UsageError } from "../errors.ts";

const ALL: readonly DType[] = ["f32", "i32", "u32", "bool"];

const casts: Readonly<Record<DType, Unary>> = /* @__PURE__ */ (() => {
  const to = (result: DType): Unary => {
    const expression = result === "bool" ? "Out(a != A(0))" : "Out(a)";
    return new Unary({ name: `cast to ${result}`, expression, dtypes: ALL, result });
  };
  return { f32: to("f32"), i32: to("i32"), u32: to("u32"), bool: to("bool") };
})();

/** Every kernel of this file. */
export function castKernels(): Kernel[] {
  return ALL.flatMap((dtype) => casts[dtype].kernels);
}

/**
 * The elements as another dtype: floats are truncated towards zero, bools become 0 and 1, and
 * anything but 0 becomes true. Gradient flows between f32 only.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (!(dtype in WGSL_TYPE)) {
    throw new UsageError("cast", `dtype must be ${ALL.join(", ")}`, { got: String(dtype) });
  }
  if (x.dtype === dtype) return x;
  requireDtype("cast", x.dtype, ALL);
  return casts[dtype].run(x);
}
