// The job in a page that the launcher opened: files come from its server, results go back to it.

import { RengaError } from "../../src/index.ts";
import { urlSource } from "../../src/data/index.ts";
import type { Workspace } from "../../src/workspace/index.ts";
import { type DigitsEvent, type DigitsOptions, trainDigits } from "./main.ts";

declare global {
  interface Window {
    /** Given by the launcher. */
    emit(event: unknown): Promise<void>;
    startDigits(options: DigitsOptions, hasData: boolean): Promise<void>;
  }
}

/** The run's folder, through the launcher's server. */
class ServedWorkspace implements Workspace {
  readonly description = "the launcher's run folder";

  async read(path: string): Promise<Uint8Array | null> {
    const response = await fetch(`/workspace/${path}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#send("PUT", path, bytes);
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    await this.#send("POST", path, bytes);
  }

  async list(prefix = ""): Promise<string[]> {
    const response = await fetch(`/workspace/?prefix=${encodeURIComponent(prefix)}`);
    return (await response.json()) as string[];
  }

  async remove(path: string): Promise<void> {
    await this.#send("DELETE", path);
  }

  async #send(method: string, path: string, bytes?: Uint8Array): Promise<void> {
    const body = bytes === undefined ? null : new Blob([bytes.slice()]);
    const response = await fetch(`/workspace/${path}`, { method, body });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  }
}

window.startDigits = async (options, hasData) => {
  try {
    const source = hasData ? urlSource(new URL("/data/", location.href).href) : undefined;
    const emit = (event: DigitsEvent) => (event.type === "model" ? undefined : window.emit(event));
    await trainDigits(options, new ServedWorkspace(), emit, source);
  } catch (error) {
    const isOurs = error instanceof RengaError;
    const message = isOurs ? error.message : String((error as Error).stack ?? error);
    await window.emit({ type: "error", kind: isOurs ? error.name : "failure", message });
  }
};
