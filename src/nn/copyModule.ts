// Modules with the values of others.

import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { assign } from "../ops/assign.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Variable } from "../tensor/variable.ts";
import { build } from "./build.ts";
import { type Module, allVariables } from "./module.ts";

/** Variables of two modules, one of each, in order. @throws unless they are alike. */
function pairsOf(from: Module, to: Module): [Variable, Variable][] {
  const [sources, targets] = [allVariables(from), allVariables(to)];
  if (sources.length !== targets.length) {
    throw new UsageError("copyVariables", "both modules must have the same variables", {
      got: `${sources.length} of ${from.moduleName} and ${targets.length} of ${to.moduleName}`,
      remedy: "Call both once: modules make their variables when they first see an input.",
    });
  }
  return sources.map((source, i) => {
    const target = targets[i] as Variable;
    const got = `${source} and ${target}`;
    if (!sameShape(source.shape, target.shape)) {
      throw new ShapeError("copyVariables", "variables must have the same shapes", { got });
    }
    if (source.dtype !== target.dtype) {
      throw new DtypeError("copyVariables", "variables must have the same dtypes", { got });
    }
    return [source, target];
  });
}

/**
 * Gives the variables of `to` the values of those of `from`, by their order. Names do not matter.
 *
 *     copyVariables(online, target); // every so many steps
 *
 * @throws {UsageError, ShapeError, DtypeError} unless they have variables alike; nothing has changed then.
 */
export function copyVariables(from: Module, to: Module): void {
  for (const [source, target] of pairsOf(from, to)) assign(target, source);
}

/**
 * A module like another, with variables of its own that have the same values, and are trained or not as those.
 *
 *     const target = copyModule(
 *       online,
 *       () => new MLP([64, 2], { name: "target" }),
 *       (copy) => copy(zeros([1, 4])),
 *     );
 *
 * @param make  makes a module of the same structure, under a name of its choice: JavaScript cannot copy what a
 *              class keeps private.
 * @param call  calls it so that it makes its variables; as in `build`, nothing else comes of the call.
 * @throws {UsageError, ShapeError, DtypeError} unless it has variables alike.
 */
export function copyModule<M extends Module>(
  module: M,
  make: () => M,
  call: (copy: M) => unknown,
): M {
  const copy = make();
  build(() => call(copy));
  for (const [source, target] of pairsOf(module, copy)) {
    assign(target, source);
    if (target.trainable !== source.trainable) target.trainable = source.trainable;
  }
  return copy;
}
