// A work area: named byte files, wherever they lie.

import { UsageError } from "../errors.ts";

/** Ends the name of what is being written; no workspace lists it. */
export const PART = ".part";

/** Files by path, with forward slashes. */
export interface Workspace {
  /** Where it lies, for people. */
  readonly description: string;
  /** Null where there is no such file. */
  read(path: string): Promise<Uint8Array | null>;
  /**
   * Whole or not at all: a reader sees the old file or the new one.
   *
   * @throws {WorkspaceError} if there is no room, or no leave to write.
   */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** @throws {WorkspaceError} if there is no room, or no leave to write. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Paths that begin with `prefix`, sorted. */
  list(prefix?: string): Promise<string[]>;
  /** What is not there needs no removing. */
  remove(path: string): Promise<void>;
}

/** @throws {UsageError} unless the path stays inside the workspace. */
export function requirePath(path: string): string {
  const parts = path.split("/");
  const isSafe = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isSafe && !path.includes("\\") && !path.includes("\0")) return path;
  throw new UsageError("workspace", "a path must be relative, with forward slashes and no dots", {
    got: JSON.stringify(path),
  });
}
