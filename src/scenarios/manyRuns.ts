// Runs one after the other, each of a scenario made for it.

import { NonFiniteError, UsageError } from "../errors.ts";
import { setSeed } from "../ops/random.ts";
import { countVariables } from "../tensor/variable.ts";
import { startRun } from "../workspace/runs.ts";
import { subfolder } from "../workspace/subfolder.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { freeParts } from "./freeParts.ts";
import { type PlannedRun, type RunRecord, readRecord, writeRecord } from "./runRecord.ts";
import type { RunOptions } from "./scenario.ts";

/** Settings of scenarios of many runs. */
export interface ManyRunsSettings {
  /** Each run has a folder in it. Default: nowhere. */
  readonly workspace?: Workspace;
  /** Finished runs are read from the workspace, others go on. Default false: there must be none. */
  readonly resume?: boolean;
  /** Probability of the confidence intervals. Default 0.95. */
  readonly level?: number;
}

/** What a run is made for. */
export interface RunContext<Setting> extends PlannedRun<Setting> {
  /** Where it lies among the others. */
  readonly index: number;
  /** For the settings of the run's scenario: its own workspace, and whether to go on. */
  readonly files: { readonly workspace?: Workspace; readonly resume?: boolean };
}

/** A scenario and its parts. */
export interface InnerRun<Parts, Event, Result> {
  readonly scenario: {
    run(parts: Parts, options?: RunOptions): AsyncGenerator<Event, Result>;
  };
  readonly parts: Parts;
}

/** Parts of scenarios of many runs. */
export interface ManyRunsParts<Setting, Parts, Event, Result> {
  /**
   * Makes a run. The library's seed is the run's when this is called. Modules and optimizers in the parts
   * that are made here are freed after the run.
   */
  readonly make: (
    run: RunContext<Setting>,
  ) => InnerRun<Parts, Event, Result> | Promise<InnerRun<Parts, Event, Result>>;
  /** Numbers to compare. Default: those of the result, and of its `metrics`. */
  readonly measure?: (result: Result) => Readonly<Record<string, number>>;
}

/** Such parts, whatever is run. */
export interface AnyRuns<Setting> {
  readonly make: (run: RunContext<Setting>) => AnyRun | Promise<AnyRun>;
  readonly measure?: (result: never) => Readonly<Record<string, number>>;
}

/** Any scenario and its parts. */
export interface AnyRun {
  readonly scenario: {
    run(parts: never, options?: RunOptions): AsyncGenerator<unknown, unknown>;
  };
  readonly parts: unknown;
}

/** What happens over many runs. */
export type ManyRunsEvent<Setting, Event> =
  | {
      readonly type: "begin";
      readonly run: number;
      readonly runs: number;
      readonly plan: PlannedRun<Setting>;
    }
  | { readonly type: "run"; readonly run: number; readonly event: Event }
  | {
      readonly type: "end";
      readonly run: number;
      readonly runs: number;
      readonly record: RunRecord<Setting>;
      /** Whether it was done before. */
      readonly wasDone: boolean;
    };

/** The numbers of a result, and of the metrics in it. */
function numbersOf(result: unknown): Readonly<Record<string, number>> {
  const isRecord = typeof result === "object" && result !== null;
  const own = isRecord ? (result as Readonly<Record<string, unknown>>) : { result };
  const all = Object.entries({ ...own, ...(own.metrics as object | undefined) });
  return Object.fromEntries(
    all.filter((entry): entry is [string, number] => {
      return typeof entry[1] === "number";
    }),
  );
}

/**
 * Takes runs in their order. One whose loss is not finite has no numbers, and the others go on.
 *
 * @returns  the records; fewer than planned if a signal came.
 */
export async function* manyRuns<Setting, Parts, Event, Result>(
  plans: readonly PlannedRun<Setting>[],
  parts: ManyRunsParts<Setting, Parts, Event, Result>,
  settings: ManyRunsSettings,
  options: RunOptions,
): AsyncGenerator<ManyRunsEvent<Setting, Event>, readonly RunRecord<Setting>[]> {
  const records: RunRecord<Setting>[] = [];
  const runs = plans.length;
  for (const [run, plan] of plans.entries()) {
    if (options.signal?.aborted) break;
    yield { type: "begin", run, runs, plan };
    const { known, files } = await folderOf(plan, settings);
    const record = known ?? (yield* oneRun({ ...plan, index: run, files }, parts, options));
    if (record === undefined) break;
    if (known === undefined) await writeRecord(files.workspace, record);
    records.push(record);
    yield { type: "end", run, runs, record, wasDone: known !== undefined };
  }
  return records;
}

/** What a run left, or the folder in which it is to begin or go on. */
async function folderOf<Setting>(
  plan: PlannedRun<Setting>,
  { workspace, resume = false }: ManyRunsSettings,
): Promise<{ known: RunRecord<Setting> | undefined; files: RunContext<Setting>["files"] }> {
  if (workspace === undefined) return { known: undefined, files: {} };
  const known = resume ? await readRecord(subfolder(workspace, plan.name), plan) : undefined;
  if (known !== undefined) return { known, files: {} };
  const started = { settings: { seed: plan.seed, ...plan.setting }, resume };
  return { known, files: { workspace: await startRun(workspace, plan.name, started), resume } };
}

/** Undefined if a signal ended it. */
async function* oneRun<Setting, Parts, Event, Result>(
  context: RunContext<Setting>,
  { make, measure = numbersOf }: ManyRunsParts<Setting, Parts, Event, Result>,
  options: RunOptions,
): AsyncGenerator<ManyRunsEvent<Setting, Event>, RunRecord<Setting> | undefined> {
  const { index: run, name, seed, setting } = context;
  const plan = { name, seed, setting };
  const since = countVariables();
  setSeed(seed);
  const inner = await make(context);
  const events = inner.scenario.run(inner.parts, options);
  try {
    for (;;) {
      const next = await events.next();
      if (next.done !== true) yield { type: "run", run, event: next.value };
      else if (options.signal?.aborted) return undefined;
      else return { ...plan, numbers: measure(next.value) };
    }
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
    return { ...plan, numbers: {}, error: error.message };
  } finally {
    await events.return(undefined as Result);
    freeParts(inner.parts, since);
  }
}

/**
 * The one whose metric is best; undefined if none has it.
 *
 * @throws {UsageError} if there are numbers, and the metric is not among them.
 */
export function bestOf<Item>(
  items: readonly Item[],
  numbersOfItem: (item: Item) => Readonly<Record<string, number>>,
  metric: string,
  mode: "max" | "min",
): Item | undefined {
  const all = items.map((item) => ({ item, numbers: numbersOfItem(item) }));
  const names = [...new Set(all.flatMap(({ numbers }) => Object.keys(numbers)))];
  if (names.length > 0 && !names.includes(metric)) {
    throw new UsageError("runs", `there must be the metric ${metric}`, { got: names.join(", ") });
  }
  const sign = mode === "max" ? 1 : -1;
  const scored = all.map(({ item, numbers }) => ({ item, score: sign * (numbers[metric] ?? NaN) }));
  const found = scored.filter(({ score }) => !Number.isNaN(score));
  return found.sort((a, b) => b.score - a.score)[0]?.item;
}

/** 0 … n − 1 for a number, else the seeds themselves. */
export function seedsOf(op: string, seeds: number | readonly number[]): readonly number[] {
  const all = typeof seeds === "number" ? Array.from({ length: seeds }, (_, i) => i) : seeds;
  if (all.length > 0 && new Set(all).size === all.length) return all;
  throw new UsageError(op, "there must be seeds, each once", { got: `[${all.join(", ")}]` });
}
