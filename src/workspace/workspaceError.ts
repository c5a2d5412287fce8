// What hosts say when there is no room or no leave to write, in words that help.

import { WorkspaceError } from "../errors.ts";

/** Room in a workspace, in bytes, as far as the host tells. */
export interface Room {
  readonly usage?: number | undefined;
  readonly quota?: number | undefined;
  readonly free?: number | undefined;
}

/** Codes of Node's errors and names of browsers' that mean there is no room. */
const FULL = ["ENOSPC", "EDQUOT", "EFBIG", "QuotaExceededError"];
const FORBIDDEN = ["EACCES", "EPERM", "EROFS", "NoModificationAllowedError", "NotAllowedError"];

const codeOf = (cause: unknown): string => {
  const { code, name } = cause as { code?: unknown; name?: string };
  return typeof code === "string" ? code : String(name);
};

/** Whether a host's error means that there is no room. */
export function meansFull(cause: unknown): boolean {
  return FULL.includes(codeOf(cause));
}

/**
 * A WorkspaceError for a host's error about room or leave, the error itself for all others.
 *
 * @param where  the file's place, for messages.
 * @param bytes  how many were to be written.
 */
export function explained(where: string, bytes: number, cause: unknown, room: Room = {}): unknown {
  const code = codeOf(cause);
  if (FORBIDDEN.includes(code)) {
    return new WorkspaceError(where, "the workspace must be writable", {
      got: code,
      remedy: "Choose another folder, or close what else has the file open.",
      cause,
    });
  }
  if (!FULL.includes(code)) return cause;
  return new WorkspaceError(where, "there must be room for the file", {
    got: `${bytes} bytes and ${code}${roomText(room)}`,
    remedy: "What was there is unchanged. Make room: deleteRun, or keep fewer checkpoints.",
    cause,
    ...room,
  });
}

function roomText({ usage, quota, free }: Room): string {
  if (quota !== undefined) return ` with ${usage ?? "?"} of ${quota} bytes used`;
  return free === undefined ? "" : ` with ${free} bytes free`;
}
