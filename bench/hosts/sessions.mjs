// One host and its sessions, a library each; what cannot open is noted once and left out.

import * as child from "./child.mjs";
import * as chromium from "./chromium.mjs";
import { HostError, brief } from "./calls.mjs";

const launchHost = (name) => (name === "chromium" ? chromium.launch() : child.launch(name));

export class Sessions {
  #name;
  #host;
  #open = new Map();
  #failed = new Set();
  #results;
  #isCounting;

  /**
   * @param results  gets what each library says of itself, or why it cannot run.
   * @param isCounting  whether WebGPU calls are counted, which slows them down.
   */
  static async launch(hostName, results, isCounting = false) {
    const sessions = new Sessions();
    sessions.#name = hostName;
    sessions.#results = results;
    sessions.#isCounting = isCounting;
    sessions.#host = await launchHost(hostName);
    results.runtime ??= sessions.#host.version;
    return sessions;
  }

  /** A library's session; undefined if it cannot open. */
  async of(library) {
    if (this.#failed.has(library)) return undefined;
    if (!this.#host.isAlive()) await this.#relaunch();
    if (!this.#open.has(library)) await this.#openOne(library);
    return this.#open.get(library);
  }

  async #openOne(library) {
    const about = this.#results.libraries[library];
    try {
      const session = await this.#host.open(library, { isCounting: this.#isCounting });
      this.#open.set(library, session);
      const { adapter, adapterClass } = session.info;
      Object.assign(about, { adapter, adapterClass, error: undefined });
    } catch (error) {
      this.#failed.add(library);
      about.error = brief(error);
      console.log(`  ${library} cannot run here: ${about.error}`);
    }
  }

  async #relaunch() {
    console.log("  the host has ended and starts again");
    await this.close();
    this.#host = await launchHost(this.#name);
  }

  /** Drops a session that no longer answers, so that the next use opens another. */
  async dropIfDead(library, error) {
    if (error instanceof HostError) await this.drop(library);
  }

  async drop(library) {
    await this.#open.get(library)?.close();
    this.#open.delete(library);
  }

  async close() {
    for (const library of this.#open.keys()) await this.drop(library);
    await this.#host.close();
  }
}
