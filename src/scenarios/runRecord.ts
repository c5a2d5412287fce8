// What a finished run leaves for the comparison with others, in its folder.

import { DataError } from "../errors.ts";
import type { Workspace } from "../workspace/workspace.ts";

const FILE = "result.json";
const MANIFEST = "run.json";

/** What a run is to be. */
export interface PlannedRun<Setting> {
  /** Its folder in the workspace. */
  readonly name: string;
  readonly seed: number;
  readonly setting: Setting;
}

/** A run that is done. */
export interface RunRecord<Setting> extends PlannedRun<Setting> {
  /** What came of it, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Why it has no numbers: a loss was not finite. */
  readonly error?: string;
}

async function readJson(folder: Workspace, path: string): Promise<unknown> {
  const bytes = await folder.read(path);
  return bytes === null ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as unknown);
}

/**
 * What a run left, if it is done.
 *
 * @throws {DataError} if the folder is one of another run.
 */
export async function readRecord<Setting>(
  folder: Workspace,
  plan: PlannedRun<Setting>,
): Promise<RunRecord<Setting> | undefined> {
  const manifest = (await readJson(folder, MANIFEST)) as { settings?: unknown } | undefined;
  const [wanted, found] = [{ seed: plan.seed, ...plan.setting }, manifest?.settings];
  if (manifest !== undefined && JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new DataError(folder.description, "a run must go on with the settings it began with", {
      got: `${JSON.stringify(wanted)} for ${JSON.stringify(found)}`,
      remedy: "Use the space, seeds and search that the runs began with, or another workspace.",
    });
  }
  const record = (await readJson(folder, FILE)) as Partial<RunRecord<Setting>> | undefined;
  if (record === undefined) return undefined;
  // JSON has no NaN.
  const numbers = Object.entries(record.numbers ?? {}).map(([name, value]) => {
    return [name, (value as number | null) ?? NaN] as const;
  });
  const { error } = record;
  return { ...plan, numbers: Object.fromEntries(numbers), ...(error !== undefined && { error }) };
}

/** Says that a run is done. */
export async function writeRecord<Setting>(
  folder: Workspace | undefined,
  { numbers, error }: RunRecord<Setting>,
): Promise<void> {
  const text = `${JSON.stringify({ numbers, error }, null, 2)}\n`;
  await folder?.write(FILE, new TextEncoder().encode(text));
}
