// A pad to draw a digit on, and what the network reads in it.

import { Asker, type Ask, type Pad, arrowOf, paintGray } from "./pad.ts";

const SIZE = 28;
const PEN = 1.3;

/** A canvas of 28 × 28 pixels for pointer and keys, with ten bars beside it. */
export class DrawPad implements Pad {
  readonly root: HTMLElement = document.createElement("figure");
  readonly #canvas = document.createElement("canvas");
  readonly #pixels = new Float32Array(SIZE * SIZE);
  readonly #bars: { label: HTMLElement; meter: HTMLMeterElement }[] = [];
  readonly #asker: Asker;
  readonly #read: HTMLElement = document.createElement("output");
  #cursor = { x: SIZE / 2, y: SIZE / 2 };
  #isDown = false;

  constructor(ask: Ask) {
    this.#asker = new Asker(ask, (chances) => this.#show(chances));
    const { root } = this;
    root.className = "panel pad";
    this.#canvas.width = this.#canvas.height = SIZE;
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute(
      "aria-label",
      "Draw a digit: drag, or move with the arrow keys and hold the space bar to draw",
    );
    const clear = document.createElement("button");
    clear.textContent = "Clear";
    clear.addEventListener("click", () => this.clear());
    const caption = document.createElement("figcaption");
    this.#read.textContent = "Nothing drawn yet";
    caption.textContent = "Draw here. Keys: arrows move, space draws. ";
    caption.append(clear);
    const list = document.createElement("div");
    list.className = "chances";
    for (let digit = 0; digit < 10; digit++) {
      const label = document.createElement("span");
      label.textContent = `${digit}`;
      const meter = document.createElement("meter");
      meter.max = 1;
      meter.setAttribute("aria-label", `Chance of ${digit}`);
      this.#bars.push({ label, meter });
      list.append(label, meter);
    }
    const [left, right] = [document.createElement("div"), document.createElement("div")];
    left.append(this.#canvas, caption);
    right.append(this.#read, list);
    root.append(left, right);
    this.#listen();
    this.#paint();
  }

  clear(): void {
    this.#pixels.fill(0);
    this.#read.textContent = "Nothing drawn yet";
    for (const { label, meter } of this.#bars) {
      meter.value = 0;
      label.classList.remove("best");
    }
    this.#changed();
  }

  /** Asks again, when the network has learnt more. */
  refresh(): void {
    if (this.#pixels.some((ink) => ink > 0)) void this.#asker.about(centred(this.#pixels));
  }

  #show(chances: Float32Array): void {
    const best = chances.indexOf(Math.max(...chances));
    this.#read.textContent = `Read as ${best} (${Math.round(100 * (chances[best] as number))} %)`;
    this.#bars.forEach(({ label, meter }, digit) => {
      meter.value = chances[digit] as number;
      label.classList.toggle("best", digit === best);
    });
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#isDown = true;
      this.#moveTo(event, false);
    });
    canvas.addEventListener("pointermove", (event) => this.#isDown && this.#moveTo(event, true));
    canvas.addEventListener("pointerup", () => (this.#isDown = false));
    canvas.addEventListener("pointercancel", () => (this.#isDown = false));
    canvas.addEventListener("keydown", (event) => {
      if (event.key === " ") this.#isDown = true;
      const [dx, dy] = arrowOf(event.key) ?? [0, 0];
      if (event.key !== " " && dx === 0 && dy === 0) return;
      event.preventDefault();
      const { x, y } = this.#cursor;
      this.#cursor = { x: clamp(x + dx), y: clamp(y + dy) };
      if (this.#isDown) this.#ink(x, y, this.#cursor.x, this.#cursor.y);
      this.#changed();
    });
    canvas.addEventListener("keyup", (event) => {
      if (event.key === " ") this.#isDown = false;
    });
    canvas.addEventListener("focus", () => this.#paint());
    canvas.addEventListener("blur", () => this.#paint());
  }

  #moveTo(event: PointerEvent, isLine: boolean): void {
    const box = this.#canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIZE;
    const y = ((event.clientY - box.top) / box.height) * SIZE;
    const from = isLine ? this.#cursor : { x, y };
    this.#ink(from.x, from.y, x, y);
    this.#cursor = { x, y };
    this.#changed();
  }

  /** A line of a round pen. */
  #ink(x0: number, y0: number, x1: number, y1: number): void {
    const squared = (x1 - x0) ** 2 + (y1 - y0) ** 2 || 1;
    for (let i = 0; i < SIZE * SIZE; i++) {
      const [x, y] = [(i % SIZE) + 0.5, Math.floor(i / SIZE) + 0.5];
      const along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / squared;
      const t = Math.max(0, Math.min(1, along));
      const distance = Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0));
      const ink = Math.max(0, Math.min(1, PEN + 0.5 - distance));
      if (ink > (this.#pixels[i] as number)) this.#pixels[i] = ink;
    }
  }

  #changed(): void {
    this.#paint();
    this.refresh();
  }

  #paint(): void {
    paintGray(this.#canvas, this.#pixels);
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    if (document.activeElement !== this.#canvas) return;
    context.strokeStyle = "#ee9a6b";
    context.strokeRect(Math.floor(this.#cursor.x) - 0.5, Math.floor(this.#cursor.y) - 0.5, 2, 2);
  }
}

const clamp = (value: number): number => Math.max(0, Math.min(SIZE - 1, value));

/** The drawing with its centre of mass in the middle, as the digits of the data lie. */
function centred(pixels: Float32Array): Float32Array {
  let [mass, sumX, sumY] = [0, 0, 0];
  pixels.forEach((ink, i) => {
    mass += ink;
    sumX += ink * (i % SIZE);
    sumY += ink * Math.floor(i / SIZE);
  });
  const middle = (SIZE - 1) / 2;
  const [dx, dy] = [Math.round(middle - sumX / mass), Math.round(middle - sumY / mass)];
  return Float32Array.from(pixels, (_, i) => {
    const [x, y] = [(i % SIZE) - dx, Math.floor(i / SIZE) - dy];
    return x >= 0 && x < SIZE && y >= 0 && y < SIZE ? (pixels[y * SIZE + x] as number) : 0;
  });
}
