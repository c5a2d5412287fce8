// Which mapping has the value of which variable.

import { UsageError } from "../errors.ts";
import { allVariables, isModule } from "../nn/module.ts";
import type { Variable } from "../tensor/variable.ts";
import { namedVariables } from "../workspace/variableNames.ts";
import type { AnyModule } from "./layers.ts";
import { type Mapping, mapTensor } from "./mapping.ts";

/** A module that has seen an input, or variables. */
export type PretrainedTarget = AnyModule | readonly Variable[];

/** How variables and the arrays of a file belong together. */
export interface MatchOptions {
  /** Where arrays lie otherwise than variables, or have other names: see `pytorch`, `keras`, `mapTensor`. */
  readonly mappings?: readonly Mapping[];
  /** The name in the file of a variable without a mapping. Default: its own. */
  readonly rename?: (name: string) => string;
  /** Variables that are left alone. They are in no list of the report. */
  readonly except?: readonly Variable[];
}

/** Mappings for all variables of a target. */
export interface Matching {
  /** Names of the variables, of which those that are equal are told apart by their order: `w`, `w#2`. */
  readonly names: ReadonlyMap<Variable, string>;
  readonly mappings: readonly Mapping[];
}

/**
 * The given mappings, and one by name for every variable that they leave.
 *
 * @throws {UsageError} if there is no variable, a mapping is of another, or two are of one.
 */
export function matchingOf(op: string, target: PretrainedTarget, options: MatchOptions): Matching {
  const { mappings = [], rename = (name: string) => name, except = [] } = options;
  const variables = isModule(target) ? allVariables(target) : (target as readonly Variable[]);
  if (variables.length === 0) {
    throw new UsageError(op, "there must be variables", {
      remedy: "Call the module once first: modules make their variables when they see an input.",
    });
  }
  const prefix = "all/";
  const named = namedVariables({ all: variables });
  const names = new Map(
    [...named].map(([name, variable]) => [variable, name.slice(prefix.length)]),
  );
  const mapped = new Set<Variable>();
  for (const variable of mappings.flatMap((mapping) => mapping.variables)) {
    const name = names.get(variable);
    if (name !== undefined && !mapped.has(variable)) {
      mapped.add(variable);
      continue;
    }
    const got = name === undefined ? `${variable}, which is not` : `two of ${name}`;
    throw new UsageError(op, "mappings must be of the target's variables, one of each", { got });
  }
  const given = mappings.filter((mapping) => !mapping.variables.some((v) => except.includes(v)));
  const others = [...names].filter(([v]) => !mapped.has(v) && !except.includes(v));
  const byName = others.map(([variable, name]) => mapTensor(variable, rename(name)));
  return { names, mappings: [...given, ...byName] };
}
