// A pole that the network balances in front of one, and that one may push.

import { CartPole, TimeLimit } from "../../src/environments/index.ts";
import { type Ask, type Pad, element } from "./pad.ts";

/** Milliseconds between two actions: the time of the physics. */
const PACE = 20;

/** Milliseconds until one asks again, where the network cannot answer yet. */
const PATIENCE = 200;

const [WIDTH, HEIGHT] = [480, 200];

/** The most steps of an episode. */
const LIMIT = 500;

/** What a push adds to the speed of the cart, in m/s. */
const PUSH = 0.8;

/** Episodes whose lengths are told. */
const TOLD = 5;

/** A cart with its pole, played with what the network knows so far. */
export class PolePad implements Pad {
  readonly root: HTMLElement;
  readonly #ask: Ask;
  readonly #canvas: HTMLCanvasElement = element("canvas", {
    ...{ width: `${WIDTH}`, height: `${HEIGHT}`, class: "wide", role: "img" },
    "aria-label": "A cart on a track with a pole on it, which the network balances",
  });
  readonly #now: HTMLElement = element("span", {}, "Nothing learnt yet.");
  readonly #rest: HTMLButtonElement = element("button");
  readonly #pole = new CartPole();
  readonly #game = new TimeLimit(this.#pole, LIMIT);
  #sight: Float32Array = this.#game.reset(0);
  #steps = 0;
  #lengths: number[] = [];
  #isPlaying = false;
  #isPainted = false;

  constructor(ask: Ask) {
    this.#ask = ask;
    const push = (label: string, by: number): HTMLButtonElement => {
      const button = element("button", {}, label);
      button.addEventListener("click", () => this.#push(by));
      return button;
    };
    const buttons = [push("Push left", -PUSH), push("Push right", PUSH), this.#rest];
    this.root = element(
      "figure",
      { class: "panel" },
      this.#canvas,
      element("figcaption", {}, this.#now, element("div", { class: "row" }, ...buttons)),
    );
    this.#rest.addEventListener("click", () => this.#play(!this.#isPlaying));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paint());
    this.#play(!matchMedia("(prefers-reduced-motion: reduce)").matches);
    this.#paint();
  }

  refresh(): void {
    // It always plays with the newest network.
  }

  #play(isPlaying: boolean): void {
    this.#rest.textContent = isPlaying ? "Hold still" : "Watch it play";
    const isNew = isPlaying && !this.#isPlaying;
    this.#isPlaying = isPlaying;
    if (isNew) void this.#loop();
  }

  async #loop(): Promise<void> {
    while (this.#isPlaying) {
      const until = performance.now() + PACE;
      const values = await this.#ask(this.#sight);
      if (values !== null) this.#act((values[1] as number) > (values[0] as number) ? 1 : 0);
      const wait = values === null ? PATIENCE : Math.max(0, until - performance.now());
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  #act(action: number): void {
    const { observation, terminated, truncated } = this.#game.step(action);
    this.#sight = observation;
    this.#steps++;
    if (terminated || truncated) {
      this.#lengths = [...this.#lengths, this.#steps].slice(-TOLD);
      this.#sight = this.#game.reset();
      this.#steps = 0;
    }
    this.#schedule();
  }

  #push(by: number): void {
    const { variables, ...rest } = this.#pole.state();
    const [x, speed, angle, turn] = variables;
    this.#pole.restore({ ...rest, variables: [x, speed + by, angle, turn - by] });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isPainted) return;
    this.#isPainted = true;
    requestAnimationFrame(() => {
      this.#isPainted = false;
      this.#paint();
    });
  }

  #paint(): void {
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    const style = getComputedStyle(document.documentElement);
    const [x, , angle] = this.#pole.state().variables;
    const [cart, ground] = [WIDTH / 2 + (x / 2.4) * (WIDTH / 2 - 40), HEIGHT - 30];
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.fillStyle = style.getPropertyValue("--faint");
    context.fillRect(0, ground, WIDTH, 2);
    context.fillStyle = style.getPropertyValue("--accent");
    context.fillRect(cart - 35, ground - 26, 70, 26);
    context.strokeStyle = style.getPropertyValue("--second");
    context.lineWidth = 9;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(cart, ground - 26);
    context.lineTo(cart + 125 * Math.sin(angle), ground - 26 - 125 * Math.cos(angle));
    context.stroke();
    if (this.#steps === 0 && this.#lengths.length === 0) return;
    const before = this.#lengths.length > 0 ? ` Before: ${this.#lengths.join(", ")}.` : "";
    this.#now.textContent = `Up for ${this.#steps} of ${LIMIT} steps.${before}`;
  }
}
