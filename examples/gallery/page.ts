// A page of the gallery: controls, pictures and curves of a run that a worker has.

import { Curves } from "./curves.ts";
import { showCode } from "./code.ts";
import { DEMOS, type Demo, type PadName } from "./demos.ts";
import { DrawPad } from "./drawPad.ts";
import { GoalLine } from "./goalLine.ts";
import { LatentPad } from "./latentPad.ts";
import type { Command, Report } from "./messages.ts";
import type { Ask, Pad } from "./pad.ts";
import { Panels } from "./panels.ts";
import { PolePad } from "./polePad.ts";

/** Milliseconds to wait after an event, by the place of the speed's slider. */
const DELAYS = [1000, 300, 100, 30, 0];

/** Pads by name, with the question that each asks. */
const PADS: Readonly<Record<PadName, (ask: (name: string) => Ask) => Pad>> = {
  draw: (ask) => new DrawPad(ask("read")),
  latent: (ask) => new LatentPad(ask("decode")),
  pole: (ask) => new PolePad(ask("act")),
};

const NO_WEBGPU =
  "This browser has no WebGPU, or it is switched off. Chrome and Edge 113, Safari 26 and Firefox 141 " +
  "or later have it on most machines; on Linux it may need the flag chrome://flags/#enable-unsafe-webgpu.";

function find<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

const name = location.pathname.replaceAll("/", "");

type Shown = Extract<Report, { type: "event" }>["event"];

/** Milliseconds of a frame. A timer, for a page in the background has no frames. */
const FRAME = 16;

class Page {
  readonly #worker = new Worker("/worker.js", { type: "module" });
  readonly #curves = new Curves(find("curves"));
  readonly #panels = new Panels(find("panels"));
  readonly #answers = new Map<number, (answer: Float32Array | null) => void>();
  readonly #goal: GoalLine;
  readonly #pad: Pad | undefined;
  readonly #waiting: Shown[] = [];
  #state: "idle" | "running" | "paused" = "idle";
  #savedStep: number | null = null;
  #step = 0;
  #line = "";
  #asked = 0;
  #isReset = false;

  constructor(demo: Demo) {
    this.#goal = new GoalLine(find("goal"), demo.goal);
    if (demo.pad !== undefined) {
      this.#pad = PADS[demo.pad]((name) => (question) => this.#ask(name, question));
      find("panels").append(this.#pad.root);
    }
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Report>) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => this.#fail(event.message));
    this.#listen();
    this.#send({ type: "look", demo: name });
  }

  #send(command: Command): void {
    this.#worker.postMessage(command);
  }

  #listen(): void {
    const on = (id: string, act: () => void): void => find(id).addEventListener("click", act);
    on("start", () => {
      if (this.#state === "running") this.#pause();
      else if (this.#state === "paused") this.#go();
      else this.#begin(false, false);
    });
    on("step", () => {
      if (this.#state === "idle") return this.#begin(false, true);
      this.#enter("paused");
      this.#say("Paused.");
      this.#send({ type: "step" });
    });
    on("reset", () => {
      this.#isReset = true;
      if (this.#state === "idle") this.#send({ type: "forget", demo: name });
      else this.#send({ type: "stop", forget: true });
    });
    on("save", () => this.#send({ type: "save" }));
    on("resume", () => this.#begin(true, false));
    on("download", () => this.#send({ type: "download", demo: name }));
    find("speed").addEventListener("input", () => this.#tellSpeed());
  }

  #begin(resume: boolean, isPaused: boolean): void {
    this.#clear();
    this.#send({ type: "start", demo: name, seed: 0, resume, isPaused });
    this.#tellSpeed();
    this.#enter(isPaused ? "paused" : "running");
    this.#say("Getting ready …");
  }

  #pause(): void {
    this.#send({ type: "pause" });
    this.#enter("paused");
    this.#say("Paused.");
  }

  #go(): void {
    this.#send({ type: "go" });
    this.#enter("running");
    this.#say("Training.");
  }

  #tellSpeed(): void {
    const place = Number(find<HTMLInputElement>("speed").value);
    this.#send({ type: "delay", milliseconds: DELAYS[place] ?? 0 });
  }

  #hear(report: Report): void {
    if (report.type === "answer") return this.#answers.get(report.id)?.(report.answer);
    if (report.type === "event") return this.#wait(report.event);
    this.#see();
    if (report.type === "line") this.#line = report.text;
    else if (report.type === "saved") this.#saved(report.step);
    else if (report.type === "file") download(report.name, report.bytes);
    else if (report.type === "failed") this.#fail(report.message);
    else this.#ended(report.reason);
  }

  /** Events are seen at the next frame, together with those that come until then. */
  #wait(event: Shown): void {
    this.#waiting.push(event);
    if (this.#waiting.length === 1) setTimeout(() => this.#see(), FRAME);
  }

  #see(): void {
    const pictures = new Map<string, Exclude<Shown, { type: "curve" | "goal" }>>();
    const events = this.#waiting.splice(0);
    for (const event of events) {
      if (event.type === "curve") {
        this.#step = event.step;
        this.#curves.add(event.step, event.values);
      } else if (event.type === "goal") this.#goal.show(event.name, event.value, this.#step);
      else pictures.set(event.name, event);
    }
    for (const picture of pictures.values()) this.#panels.show(picture);
    if (events.length === 0) return;
    if (this.#state === "running") this.#say("Training.");
    find("progress").textContent = `Step ${this.#step}. ${this.#line}`;
    this.#pad?.refresh();
  }

  #saved(step: number | null): void {
    this.#savedStep = step;
    this.#enter(this.#state);
    if (step !== null && this.#state === "idle") this.#say(`There is a run saved at step ${step}.`);
    else if (this.#state === "idle") this.#say("Ready.");
  }

  #ended(reason: "done" | "stopped"): void {
    this.#enter("idle");
    if (this.#isReset) this.#clear();
    this.#isReset = false;
    this.#say(reason === "done" ? `Done after ${this.#step} steps.` : "Ready.");
  }

  #fail(message: string): void {
    this.#enter("idle");
    fail(message);
  }

  #say(text: string): void {
    find("status").classList.remove("failed");
    find("status").textContent = text;
  }

  #clear(): void {
    this.#curves.clear();
    this.#panels.clear();
    this.#goal.clear();
    find("progress").textContent = "";
    this.#step = 0;
  }

  #enter(state: "idle" | "running" | "paused"): void {
    this.#state = state;
    const set = (id: string, isEnabled: boolean): void => {
      find<HTMLButtonElement>(id).disabled = !isEnabled;
    };
    find("start").textContent = { idle: "Start", running: "Pause", paused: "Go on" }[state];
    set("start", true);
    set("step", true);
    set("reset", state !== "idle" || this.#savedStep !== null);
    set("save", state !== "idle");
    set("resume", state === "idle" && this.#savedStep !== null);
    set("download", this.#savedStep !== null);
  }

  #ask(name: string, question: Float32Array): Promise<Float32Array | null> {
    const id = this.#asked++;
    return new Promise((resolve) => {
      this.#answers.set(id, (answer) => {
        this.#answers.delete(id);
        resolve(answer);
      });
      this.#send({ type: "ask", id, name, question });
    });
  }
}

function download(name: string, bytes: Uint8Array): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([new Uint8Array(bytes)]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function fail(message: string): void {
  find("status").classList.add("failed");
  find("status").textContent = message;
}

function open(demo: Demo): void {
  document.title = `${demo.title} · Renga`;
  find("title").textContent = demo.title;
  find("about").textContent = demo.about;
  showCode(find("tabs"), find("code"), demo.folder, demo.files);
  if ("gpu" in navigator) new Page(demo);
  else fail(NO_WEBGPU);
}

const demo = DEMOS[name];
if (demo !== undefined) open(demo);
else {
  find("title").textContent = "No such page";
  fail(`The gallery has no page named ${name}. It has ${Object.keys(DEMOS).join(", ")}.`);
}
