// Runs side by side: what tells them apart, and what came of it.

import { type RunSummary, absent, listRuns } from "./runs.ts";
import type { Workspace } from "./workspace.ts";

/** Runs side by side: entry i of each list belongs to run i. */
export interface RunComparison {
  readonly runs: readonly RunSummary[];
  /** Settings in which they differ; those within others as "outer.inner". Undefined where a run has none. */
  readonly settings: Readonly<Record<string, readonly unknown[]>>;
  /** The last of each metric; undefined where a run has none. */
  readonly metrics: Readonly<Record<string, readonly (number | undefined)[]>>;
}

/**
 * What tells runs apart, and what came of it.
 *
 * @param names  default: all runs, the ones started last first.
 * @throws {DataError} if there is no run of a name.
 */
export async function compareRuns(
  workspace: Workspace,
  names?: readonly string[],
): Promise<RunComparison> {
  const all = await listRuns(workspace);
  const runs = names?.map(
    (name) => all.find((run) => run.name === name) ?? absent(workspace, name),
  );
  const compared = runs ?? all;
  const flat = compared.map(({ settings }) => flattened(settings));
  const settings = side(
    flat,
    (values) => new Set(values.map((value) => JSON.stringify(value))).size > 1,
  );
  return { runs: compared, settings, metrics: side(compared.map(({ metrics }) => metrics)) };
}

/** The values of each key in all records. */
function side<Value>(
  records: readonly Readonly<Record<string, Value>>[],
  isWanted: (values: readonly (Value | undefined)[]) => boolean = () => true,
): Record<string, (Value | undefined)[]> {
  const keys = [...new Set(records.flatMap(Object.keys))];
  const entries = keys.map((key) => [key, records.map((record) => record[key])] as const);
  return Object.fromEntries(entries.filter(([, values]) => isWanted(values)));
}

function flattened(settings: object, path = ""): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings) as [string, unknown][]) {
    const isInner = typeof value === "object" && value !== null && !Array.isArray(value);
    if (isInner) Object.assign(flat, flattened(value, `${path}${key}.`));
    else flat[path + key] = value;
  }
  return flat;
}
