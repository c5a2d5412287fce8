// The runs of a workspace: each in a folder of its own, told by a manifest and its log.

import { DataError, UsageError } from "../errors.ts";
import { RunLog } from "./runLog.ts";
import { subfolder } from "./subfolder.ts";
import type { Workspace } from "./workspace.ts";

const MANIFEST = "run.json";
const LOG = "metrics.jsonl";
const CHECKPOINTS = "checkpoints/";

/** What a run was started with; plain JSON. */
export interface RunManifest {
  readonly name: string;
  /** When, by the host's clock, as ISO 8601. */
  readonly started: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A run and how far it came. */
export interface RunSummary {
  /** Its folder in the workspace. */
  readonly name: string;
  /** Undefined for a run without a manifest, or with one that cannot be read. */
  readonly started: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  /** The last in its log; 0 if there is none. */
  readonly step: number;
  /** The last of each number in its log. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Checkpoints that are kept. */
  readonly checkpoints: number;
}

/** Options of `startRun`. */
export interface StartRunOptions {
  /** What tells it from other runs: learning rate, seed and the like; plain JSON. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Go on with a run of that name if there is one. Default false: that is an error. */
  readonly resume?: boolean;
}

/**
 * The folder of a run, with a manifest in it.
 *
 *     const run = await startRun(workspace, "wide", { settings: { width: 512, seed } });
 *     await new SupervisedTrain({ steps, workspace: run })(parts);
 *
 * @param name  may have slashes: runs in folders.
 * @returns     the run's own workspace. A run that goes on keeps the time it was started at.
 * @throws {UsageError} if there is such a run and it is not to be resumed.
 */
export async function startRun(
  workspace: Workspace,
  name: string,
  options: StartRunOptions = {},
): Promise<Workspace> {
  const { settings = {}, resume = false } = options;
  const folder = subfolder(workspace, name);
  const before = (await folder.list()).some(isOfRun);
  if (before && !resume) {
    throw new UsageError("startRun", "the run must be a new one", {
      got: `${name} in ${workspace.description}`,
      remedy: "Take another name, pass { resume: true }, or delete it with deleteRun.",
    });
  }
  const started = (await readManifest(folder))?.started ?? new Date().toISOString();
  const manifest: RunManifest = { name, started, settings };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await folder.write(MANIFEST, new TextEncoder().encode(text));
  return folder;
}

const isOfRun = (path: string): boolean => path === MANIFEST || path === LOG;

/** All runs of a workspace, the ones started last first; a folder with a manifest or a log is one. */
export async function listRuns(workspace: Workspace): Promise<RunSummary[]> {
  const paths = await workspace.list();
  const names = paths.flatMap((path) => {
    const cut = path.lastIndexOf("/");
    return cut > 0 && isOfRun(path.slice(cut + 1)) ? [path.slice(0, cut)] : [];
  });
  const runs = await Promise.all(
    [...new Set(names)].map((name) => summary(workspace, name, paths)),
  );
  return runs.sort((a, b) => {
    return (b.started ?? "").localeCompare(a.started ?? "") || a.name.localeCompare(b.name);
  });
}

async function summary(
  workspace: Workspace,
  name: string,
  paths: readonly string[],
): Promise<RunSummary> {
  const folder = subfolder(workspace, name);
  const [manifest, log] = [await readManifest(folder), await new RunLog(folder, LOG).read()];
  const metrics: Record<string, number> = {};
  let step = 0;
  for (const { step: at, ...values } of log) {
    if (Number.isFinite(at)) step = Math.max(step, at);
    for (const [key, value] of Object.entries(values)) {
      if (typeof value === "number") metrics[key] = value;
    }
  }
  const checkpoints = paths.filter((path) => path.startsWith(`${name}/${CHECKPOINTS}`)).length;
  const { started, settings = {} } = manifest ?? {};
  return { name, started, settings, step, metrics, checkpoints };
}

/** What can be read of a manifest; a broken one counts as none. */
async function readManifest(folder: Workspace): Promise<Partial<RunManifest> | undefined> {
  const bytes = await folder.read(MANIFEST);
  try {
    const found = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array(0))) as unknown;
    if (typeof found !== "object" || found === null) return undefined;
    const { started, settings } = found as Record<string, unknown>;
    return {
      ...(typeof started === "string" && { started }),
      ...(typeof settings === "object" && settings !== null && { settings: { ...settings } }),
    };
  } catch {
    return undefined;
  }
}

/**
 * Removes a run with all its files, the manifest last.
 *
 * @throws {DataError} if there is no run of that name.
 */
export async function deleteRun(workspace: Workspace, name: string): Promise<void> {
  const folder = subfolder(workspace, name);
  const paths = await folder.list();
  if (!paths.some(isOfRun)) absent(workspace, name);
  const others = paths.filter((path) => path !== MANIFEST);
  for (const path of [...others, MANIFEST]) await folder.remove(path);
}

/** @throws {DataError} that there is no such run. */
export function absent(workspace: Workspace, name: string): never {
  throw new DataError("run", "the run must exist", {
    got: `no ${name} in ${workspace.description}`,
  });
}
