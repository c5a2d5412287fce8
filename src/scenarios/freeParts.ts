// GPU memory of what a run was made of.

import { allVariables, isModule } from "../nn/module.ts";
import { Optimizer } from "../optimizers/optimizer.ts";
import { isPlainObject } from "../tensor/plainObject.ts";
import { Variable } from "../tensor/variable.ts";

/**
 * Frees the variables of modules and optimizers among parts, alone or in arrays and plain objects.
 *
 * @param since  a count of variables: those made before stay.
 */
export function freeParts(parts: unknown, since: number): void {
  const isOurs = ({ number }: Variable): boolean => number >= since;
  const free = (variables: readonly Variable[]): void => {
    for (const variable of variables) if (isOurs(variable)) variable.dispose();
  };
  const walk = (part: unknown): void => {
    if (part instanceof Optimizer) {
      if (isOurs(part.step)) part.dispose();
    } else if (part instanceof Variable) free([part]);
    else if (isModule(part)) free(allVariables(part));
    else if (Array.isArray(part)) part.forEach(walk);
    else if (isPlainObject(part)) Object.values(part).forEach(walk);
    else if (hasVariables(part)) free(part.variables);
  };
  walk(parts);
}

function hasVariables(part: unknown): part is { variables: readonly Variable[] } {
  if (part === null || typeof part !== "object" || !("variables" in part)) return false;
  return Array.isArray(part.variables) && part.variables.every((one) => one instanceof Variable);
}
