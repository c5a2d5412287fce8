// Deno and Node: a process per library, which answers JSON lines.

import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../tools/hosts/bundle.mjs";
import { denoBinary, spawnDeno, spawnNode } from "../../tools/hosts/processes.mjs";
import { folder } from "../libraries.mjs";
import { HostError, within } from "./calls.mjs";
import { processorTime } from "./processorTime.mjs";

class Child {
  #process;
  #waiting = new Map();
  #last = 0;
  #isDead = false;
  #output = [];

  constructor(kind, script) {
    const entry = join(root, "bench/hosts/childEntry.mjs");
    const options = { cwd: root, stdio: ["pipe", "pipe", "pipe"] };
    this.#process =
      kind === "deno"
        ? spawnDeno(["run", "-A", "-q", "--no-config", entry, script], options)
        : spawnNode([entry, script], options);
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#answer(line));
    this.#process.stderr.on("data", (data) => this.#output.push(String(data)));
    this.#process.on("error", (error) => this.#end(error.message));
    this.#process.on("exit", (code, signal) => this.#end(`the process ended: ${code ?? signal}`));
  }

  #answer(line) {
    if (!line.startsWith("{")) return void this.#output.push(line);
    const { id, result, error } = JSON.parse(line);
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  }

  #end(reason) {
    this.#isDead = true;
    const said = this.#output.slice(-3).join(" ").trim();
    const error = new HostError(`${reason}. ${said}`.trim());
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async call(method, argument = {}, ms = 180_000) {
    if (this.#isDead) throw new HostError("the process no longer answers");
    const id = ++this.#last;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#process.stdin.write(`${JSON.stringify({ id, method, argument })}\n`);
    try {
      return await within(ms, answer, `${method} ${JSON.stringify(argument)}`);
    } catch (error) {
      if (error instanceof HostError) this.close();
      throw error;
    }
  }

  /** Milliseconds of processor time so far. */
  processorTime() {
    return processorTime(this.#process.pid) ?? NaN;
  }

  get errors() {
    return this.#output;
  }

  close() {
    this.#isDead = true;
    this.#process.kill("SIGKILL");
  }
}

/** Such as "Deno 2.9.6" or "Node 20.20.2". */
function versionOf(kind) {
  if (kind === "node") return `Node ${process.versions.node}`;
  const [, version] = execFileSync(denoBinary(), ["--version"], { encoding: "utf8" }).split(" ");
  return `Deno ${version}`;
}

/** @param kind  "deno" or "node" */
export async function launch(kind) {
  const children = new Set();
  return {
    version: versionOf(kind),
    isAlive: () => true,
    async open(library, { isCounting }) {
      const child = new Child(kind, join(folder, kind, `${library}.mjs`));
      children.add(child);
      const packages = `${pathToFileURL(join(folder, "node_modules"))}/`;
      child.info = await child.call("init", { isCounting, host: { packages } }, 90_000);
      return child;
    },
    close() {
      for (const child of children) child.close();
    },
  };
}
