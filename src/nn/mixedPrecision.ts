// Modules whose calls compute in f16, with variables and results in f32.

import { UsageError } from "../errors.ts";
import { cast } from "../ops/cast.ts";
import { isFloat } from "../tensor/dtype.ts";
import { mapLeaves } from "./tree.ts";
import { customVariableGetter } from "./variableGetter.ts";

/** What methods marked by `modes` compute in. */
export type MixedPrecisionMode = "f32" | "f16";

let mode: MixedPrecisionMode | undefined;

/** Methods marked by `modes` compute in this dtype from now on. f16 needs an adapter with shader-f16. */
export function enable(dtype: MixedPrecisionMode): void {
  mode = requireMode("mixedPrecision.enable", dtype);
}

/** Methods marked by `modes` compute as they are written. */
export function disable(): void {
  mode = undefined;
}

/** Runs `body` with methods marked by `modes` computing in a dtype; undefined: as they are written. */
export function scope<T>(dtype: MixedPrecisionMode | undefined, body: () => T): T {
  const outer = mode;
  mode = dtype && requireMode("mixedPrecision.scope", dtype);
  try {
    return body();
  } finally {
    mode = outer;
  }
}

function requireMode(op: string, dtype: MixedPrecisionMode): MixedPrecisionMode {
  if (dtype === "f32" || dtype === "f16") return dtype;
  throw new UsageError(op, 'the dtype must be "f32" or "f16"', { got: `${String(dtype)}` });
}

/** A structure with its floating tensors in another dtype. */
function inDtype<T>(value: T, dtype: MixedPrecisionMode): T {
  return mapLeaves(value, (leaf) => (isFloat(leaf.dtype) ? cast(leaf, dtype) : leaf));
}

/**
 * Decorates a method, `forward` most of all, that may compute in one of `validTypes`: when that is the
 * mode, its floating arguments and the module's variables are cast to it, and its results to f32. The
 * first call on each instance computes as it is written, and makes the variables in f32.
 *
 *     class Head extends Module<(x: Tensor) => Tensor> {
 *       @mixedPrecision.modes(["f16"]) forward(x: Tensor): Tensor { … }
 *     }
 *     mixedPrecision.scope("f16", () => head(x));
 */
export function modes(validTypes: readonly MixedPrecisionMode[]) {
  return function <This extends object, Args extends unknown[], Result>(
    method: (this: This, ...args: Args) => Result,
    _context?: ClassMethodDecoratorContext<This>,
  ): (this: This, ...args: Args) => Result {
    const seen = new WeakSet<object>();
    return function (this: This, ...args: Args): Result {
      const dtype = mode !== undefined && validTypes.includes(mode) ? mode : undefined;
      const isFirst = !seen.has(this);
      if (dtype === undefined || isFirst) {
        const result = method.apply(this, args);
        if (dtype !== undefined) seen.add(this);
        return result;
      }
      const run = (): Result => method.apply(this, inDtype(args, dtype));
      return inDtype(
        customVariableGetter((variable) => inDtype(variable, dtype), run),
        "f32",
      );
    };
  };
}

/** What computes in f16. An object of functions, which bundlers drop where nothing uses it. */
export const mixedPrecision: {
  readonly enable: typeof enable;
  readonly disable: typeof disable;
  readonly scope: typeof scope;
  readonly modes: typeof modes;
} = { enable, disable, scope, modes };
