// Values of another run's checkpoint for a module's variables.

import { toTensor } from "../data/batchTensors.ts";
import type { HostArray } from "../data/hostArray.ts";
import { assign } from "../ops/assign.ts";
import { sameShape } from "../tensor/shape.ts";
import { scope } from "../tensor/scope.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { namedVariables } from "./variableNames.ts";

/** Where the values of variables are in a checkpoint. */
export interface LoadOptions {
  /** What the run called the module. Default "model". */
  readonly group?: string;
  /** The name that a variable has in the checkpoint, where it is another one. */
  readonly rename?: (name: string) => string;
  /** Variables that keep their values, whatever the checkpoint has. They are in no list of the report. */
  readonly except?: readonly Variable[];
}

/** What came of loading, by names without the group. */
export interface LoadReport {
  /** Variables that have the checkpoint's values now. */
  readonly matched: readonly string[];
  /** Variables that the checkpoint has nothing for. They are as they were. */
  readonly missing: readonly string[];
  /** Variables of another shape or dtype than the checkpoint's array. They are as they were. */
  readonly unlike: readonly string[];
  /** Arrays of the group that no variable took. */
  readonly leftOver: readonly string[];
}

/** Variables with their arrays, and the report of giving them these. */
export interface Matches {
  readonly found: readonly (readonly [Variable, HostArray])[];
  readonly report: LoadReport;
}

/** Finds values for variables, and changes nothing. See `loadValues`. */
export function matchValues(
  variables: readonly Variable[],
  { tensors }: Checkpoint,
  options: LoadOptions = {},
): Matches {
  const { group = "model", rename = (name: string) => name, except = [] } = options;
  const prefix = `${group}/`;
  const [matched, missing, unlike] = [[] as string[], [] as string[], [] as string[]];
  const taken = new Set<string>();
  const found: [Variable, HostArray][] = [];
  for (const [full, variable] of namedVariables({ [group]: variables })) {
    if (except.includes(variable)) continue;
    const name = full.slice(prefix.length);
    const array = tensors[prefix + rename(name)];
    if (array !== undefined) taken.add(prefix + rename(name));
    const fits = array?.dtype === variable.dtype && sameShape(array.shape, variable.shape);
    if (fits) found.push([variable, array]);
    (fits ? matched : array === undefined ? missing : unlike).push(name);
  }
  const rest = Object.keys(tensors).filter((name) => name.startsWith(prefix) && !taken.has(name));
  const leftOver = rest.map((name) => name.slice(prefix.length));
  return { found, report: { matched, missing, unlike, leftOver } };
}

/**
 * Gives variables the values that a checkpoint has under their names, where it has them.
 *
 *     const pretrained = await loadCheckpoint(workspace, "checkpoints/step-00002000.safetensors");
 *     const { missing, leftOver } = loadValues(model.variables, pretrained);
 *
 * Equal names are told apart by their order.
 *
 * @param variables  of a module that has seen an input: before, it has none.
 */
export function loadValues(
  variables: readonly Variable[],
  checkpoint: Checkpoint,
  options: LoadOptions = {},
): LoadReport {
  const { found, report } = matchValues(variables, checkpoint, options);
  assignValues(found);
  return report;
}

/** Gives variables their arrays. */
export function assignValues(found: Matches["found"]): void {
  scope(() => found.forEach(([variable, array]) => assign(variable, toTensor(array))));
}
