// The names under which checkpoints hold variables.

import type { Variable } from "../tensor/variable.ts";

/**
 * Each variable under `group/name`, in the first group that has it. Equal names are told apart by their
 * order: `model/linear/w`, `model/linear/w#2`.
 */
export function namedVariables(
  groups: Readonly<Record<string, readonly Variable[]>>,
): Map<string, Variable> {
  const all = new Map<string, Variable>();
  const seen = new Set<Variable>();
  for (const [group, variables] of Object.entries(groups)) {
    for (const variable of variables) {
      if (seen.has(variable)) continue;
      seen.add(variable);
      const name = `${group}/${variable.name}`;
      let free = name;
      for (let i = 2; all.has(free); i++) free = `${name}#${i}`;
      all.set(free, variable);
    }
  }
  return all;
}
