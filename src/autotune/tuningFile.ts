// What was measured, kept in a workspace: a JSON file with the forms of kernels by adapter.

import { DataError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { formsFound } from "../ops/tuning.ts";
import { isPlainObject } from "../tensor/plainObject.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** Where measurements are kept. */
export interface TuningOptions {
  readonly workspace: Workspace;
  /** Default `autotune.json`. */
  readonly path?: string;
}

const USUAL_PATH = "autotune.json";

type Stored = Record<string, Record<string, string>>;

const isStored = (value: unknown): value is Stored =>
  isPlainObject(value) &&
  Object.values(value).every(
    (forms) =>
      isPlainObject(forms) && Object.values(forms).every((form) => typeof form === "string"),
  );

async function read({ workspace, path = USUAL_PATH }: TuningOptions): Promise<Stored> {
  const bytes = await workspace.read(path);
  if (bytes === null) return {};
  let stored: unknown;
  try {
    stored = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    stored = undefined;
  }
  if (isStored(stored)) return stored;
  throw new DataError("autotune", "the file must hold the forms of kernels by adapter, as JSON", {
    got: path,
    remedy: "Remove it: it is made anew by measuring.",
  });
}

/**
 * Uses the kernels that an earlier `autotune` found fastest on this adapter. Functions that are compiled
 * already keep theirs.
 *
 * @returns       how many dispatches are known; 0 where nothing was measured on this adapter.
 * @throws {DataError} if the file is not one that `autotune` wrote.
 */
export async function loadTuning(options: TuningOptions): Promise<number> {
  const { adapter } = device().info;
  const known = Object.entries((await read(options))[adapter] ?? {});
  for (const [key, form] of known) formsFound(adapter).set(key, form);
  return known.length;
}

/** Adds what is known of this adapter to the file; of others it keeps what there is. */
export async function storeTuning(options: TuningOptions): Promise<void> {
  const { adapter } = device().info;
  const stored = await read(options);
  const merged = { ...stored, [adapter]: Object.fromEntries(formsFound(adapter)) };
  const text = `${JSON.stringify(merged, undefined, 1)}\n`;
  await options.workspace.write(options.path ?? USUAL_PATH, new TextEncoder().encode(text));
}
