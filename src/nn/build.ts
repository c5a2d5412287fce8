// Making a module's variables without running it.

import { UsageError } from "../errors.ts";
import { rehearse } from "../compile/tracing.ts";
import { zeros } from "../ops/creation.ts";
import type { DType } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mapLeaves } from "./tree.ts";

/** What is known of a tensor without its numbers. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0);

const isSpec = (value: unknown): value is TensorSpec =>
  typeof value === "object" &&
  value !== null &&
  !(value instanceof Tensor) &&
  isShape((value as TensorSpec).shape) &&
  typeof (value as TensorSpec).dtype === "string";

/**
 * Makes all variables of `fn`, a module or any function: it runs, but nothing that it does to variables
 * happens, such as counting in a batch norm.
 *
 *     build(model, [1, 784]); // { shape: [1, 10], dtype: "f32" }
 *
 * @param args  a shape stands for an f32 tensor, a `TensorSpec` for any; all else is passed as it is.
 * @returns     what `fn` returns, with a spec in place of each tensor.
 * @throws {UsageError} if `fn` reads numbers back, or changes variables that it then makes others from.
 */
export function build(fn: (...args: never[]) => unknown, ...args: unknown[]): unknown {
  let result: unknown;
  const isBuilt = scope(() => {
    const given = args.map((arg) => {
      if (isShape(arg)) return zeros(arg);
      return isSpec(arg) ? zeros(arg.shape, arg.dtype) : arg;
    });
    return rehearse((...all: unknown[]) => {
      const output = (fn as (...inner: unknown[]) => unknown)(...all);
      result = mapLeaves(output, ({ shape, dtype }) => ({ shape: [...shape], dtype }));
    }, given);
  });
  if (isBuilt) return result;
  throw new UsageError("build", "the function must be one that can run without its commands", {
    remedy: "Call it once instead.",
  });
}
