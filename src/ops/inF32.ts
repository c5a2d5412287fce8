// f16 operands for ops whose kernels are for f32, or whose steps f16 cannot hold: widened before,
// narrowed after.

import { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";

type Walk = (x: Tensor) => Tensor;

/** Tensors alone or within plain objects, such as options or a state. */
function each<T>(value: T, walk: Walk): T {
  if (value instanceof Tensor) return walk(value) as T & Tensor;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, each(field, walk)]);
  return Object.fromEntries(fields) as T;
}

const widen: Walk = (x) => (x.dtype === "f16" ? cast(x, "f32") : x);
const narrow: Walk = (x) => (x.dtype === "f32" ? cast(x, "f16") : x);

/**
 * `op(...args)` with f16 operands computed in f32 and the results stored as f16. Gradients flow back
 * through the casts, so those of f16 operands are f16.
 */
export function inF32<Args extends readonly unknown[], Result>(
  op: (...args: Args) => Result,
  ...args: Args
): Result {
  return each(op(...(args.map((arg) => each(arg, widen)) as unknown as Args)), narrow);
}
