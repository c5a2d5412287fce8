// Runs an example in a worker, so that the page never waits: pausing is not taking the next event.

import { RengaError } from "../../src/index.ts";
import { urlSource } from "../../src/data/index.ts";
import { OpfsWorkspace } from "../../src/workspace/index.ts";
import { DEMOS } from "./demos.ts";
import type { Command, Report } from "./messages.ts";

type Answer = (question: Float32Array) => Promise<Float32Array>;

const tell = (report: Report): void => postMessage(report);

/** The files of a page's run. */
class Files {
  readonly workspace: OpfsWorkspace;
  readonly #demo: string;

  constructor(demo: string) {
    this.#demo = demo;
    this.workspace = new OpfsWorkspace(`gallery/${demo}`);
  }

  /** Tells up to which step there is a checkpoint. */
  async look(): Promise<void> {
    const path = (await this.workspace.list("checkpoints/")).at(-1);
    const step = path === undefined ? null : Number(/\d+/.exec(path)?.[0]);
    tell({ type: "saved", step });
  }

  async download(): Promise<void> {
    const path = (await this.workspace.list("checkpoints/")).at(-1);
    const bytes = path === undefined ? null : await this.workspace.read(path);
    if (path === undefined || bytes === null) return tell({ type: "saved", step: null });
    tell({ type: "file", name: `${this.#demo}-${path.split("/").at(-1)}`, bytes });
  }

  async forget(): Promise<void> {
    for (const path of await this.workspace.list()) await this.workspace.remove(path);
    await this.look();
  }
}

/** A run, and how it is steered. */
class Run {
  readonly demo: string;
  readonly #files: Files;
  readonly #offers = new Map<string, Answer>();
  #controller = new AbortController();
  #isPaused: boolean;
  #delay = 0;
  #wake = (): void => undefined;
  /** What the run's end means: it is over, it goes on after a save, or it was stopped. */
  #then: "end" | "go on" | "stop" = "end";
  #isForgotten = false;
  /** From the first step on the network may be asked: whoever asks earlier would build it. */
  #isBuilt = false;

  constructor(demo: string, isPaused: boolean) {
    this.demo = demo;
    this.#isPaused = isPaused;
    this.#files = new Files(demo);
  }

  async run(seed: number, resume: boolean): Promise<void> {
    const demo = DEMOS[this.demo];
    if (demo === undefined) throw new Error(`there is no page named ${this.demo}`);
    const example = await demo.load();
    let then: string;
    do {
      this.#then = "end";
      this.#controller = new AbortController();
      const files = urlSource(new URL("/data/", location.href).href);
      const readText = async (name: string): Promise<string> =>
        new TextDecoder().decode((await files.read(name)) ?? new Uint8Array());
      const offer = (name: string, answer: Answer): void => void this.#offers.set(name, answer);
      const { signal } = this.#controller;
      const usual = { seed, resume, signal, files, readText, offer, quick: true };
      const options = { ...usual, ...(demo.net !== undefined && { net: demo.net }) };
      this.#isBuilt = false;
      await example(options, this.#files.workspace, async (what) => {
        if (typeof what === "string") return tell({ type: "line", text: what });
        tell({ type: "event", event: what });
        if (what.type === "curve") this.#isBuilt = true;
        await this.#turn(what.type === "curve");
      });
      await this.#files.look();
      resume = true;
      then = this.#then;
    } while (then === "go on");
    if (this.#isForgotten) await this.#files.forget();
    // Only a run that came to its end is asked further.
    this.#isBuilt = then === "end";
    tell({ type: "ended", reason: then === "stop" ? "stopped" : "done" });
  }

  pause(): void {
    this.#isPaused = true;
  }

  go(): void {
    this.#isPaused = false;
    this.#wake();
  }

  step(): void {
    this.#isPaused = true;
    this.#wake();
  }

  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** Ends the run by its signal, at which it saves, and begins it again where it was. */
  save(): void {
    this.#then = "go on";
    this.#leave();
  }

  stop(forget: boolean): void {
    this.#then = "stop";
    this.#isForgotten = forget;
    this.#leave();
  }

  async ask(id: number, name: string, question: Float32Array): Promise<void> {
    const answer = this.#isBuilt ? await this.#offers.get(name)?.(question) : null;
    tell({ type: "answer", id, answer: answer ?? null });
  }

  /** Waits as long as the page wants, after an event. */
  async #turn(isStep: boolean): Promise<void> {
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
    if (!isStep || !this.#isPaused || this.#controller.signal.aborted) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #leave(): void {
    this.#controller.abort();
    this.#wake();
  }
}

function explain(error: unknown): string {
  return error instanceof RengaError ? error.message : String((error as Error).stack ?? error);
}

let current: Run | undefined;

async function start(command: Command & { type: "start" }): Promise<void> {
  const run = (current = new Run(command.demo, command.isPaused));
  try {
    await run.run(command.seed, command.resume);
  } catch (error) {
    tell({ type: "failed", message: explain(error) });
    if (current === run) current = undefined;
  }
}

/** A run that is done still answers. */
async function answer({ id, name, question }: Command & { type: "ask" }): Promise<void> {
  if (current === undefined) tell({ type: "answer", id, answer: null });
  else await current.ask(id, name, question);
}

addEventListener("message", ({ data }: MessageEvent<Command>) => {
  if (data.type === "start") void start(data);
  else if (data.type === "pause") current?.pause();
  else if (data.type === "go") current?.go();
  else if (data.type === "step") current?.step();
  else if (data.type === "delay") current?.delay(data.milliseconds);
  else if (data.type === "save") current?.save();
  else if (data.type === "stop") current?.stop(data.forget);
  else if (data.type === "ask") void answer(data);
  else void new Files(data.demo)[data.type]();
});
