// metrics.jsonl: one JSON object a line, appended as a run goes.

import type { Workspace } from "./workspace.ts";

/** A line of a run's log. */
export interface LogEntry {
  readonly step: number;
  readonly [name: string]: unknown;
}

/** A run's log in a workspace. */
export class RunLog {
  readonly path: string;
  readonly #workspace: Workspace;
  #isWhole = false;

  constructor(workspace: Workspace, path = "metrics.jsonl") {
    this.#workspace = workspace;
    this.path = path;
  }

  async append(entry: LogEntry): Promise<void> {
    const start = this.#isWhole || (await this.#endsLine()) ? "" : "\n";
    this.#isWhole = false;
    const line = `${start}${JSON.stringify(entry)}\n`;
    await this.#workspace.append(this.path, new TextEncoder().encode(line));
    this.#isWhole = true;
  }

  /** Whether a new line can follow: a killed process may have left half a line behind. */
  async #endsLine(): Promise<boolean> {
    const last = (await this.#workspace.read(this.path))?.at(-1);
    return last === undefined || last === 10;
  }

  /** All whole lines; one that was cut off is left out. */
  async read(): Promise<LogEntry[]> {
    const bytes = await this.#workspace.read(this.path);
    const lines = new TextDecoder().decode(bytes ?? new Uint8Array(0)).split("\n");
    return lines.flatMap((line) => {
      try {
        const entry = JSON.parse(line) as LogEntry | null;
        return typeof entry?.step === "number" ? [entry] : [];
      } catch {
        return [];
      }
    });
  }

  /** Drops what came after a step, when a run goes on from there. */
  async truncateAfter(step: number): Promise<void> {
    const kept = (await this.read()).filter((entry) => entry.step <= step);
    const text = kept.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    await this.#workspace.write(this.path, new TextEncoder().encode(text));
  }
}
