// A plane of codes to drag a point through, and the digit that the network makes of it.

import { Asker, type Ask, type Pad, arrowOf, element, paintGray } from "./pad.ts";

/** Codes reach from −REACH to REACH: nearly all of the normal distribution. */
const REACH = 3;
const SIZE = 256;
const STEP = 0.1;

/** The plane with a cross in it, and a picture beside it. */
export class LatentPad implements Pad {
  readonly root: HTMLElement;
  readonly #plane: HTMLCanvasElement = element("canvas", {
    ...{ width: `${SIZE}`, height: `${SIZE}`, tabindex: "0", role: "img" },
    "aria-label": "Plane of codes: drag the point, or move it with the arrow keys",
  });
  readonly #picture: HTMLCanvasElement = element("canvas", {
    ...{ width: "28", height: "28", role: "img", "aria-label": "What the code stands for" },
  });
  readonly #place: HTMLElement = element("output");
  readonly #asker: Asker;
  #code: [number, number] = [0, 0];
  #isDown = false;

  constructor(ask: Ask) {
    this.#asker = new Asker(ask, (pixels) => paintGray(this.#picture, pixels));
    const hint = "Drag the point, or focus the plane and use the arrow keys.";
    this.root = element(
      "figure",
      { class: "panel pad" },
      element("div", {}, this.#plane, element("figcaption", {}, hint)),
      element("div", {}, this.#picture, element("figcaption", {}, this.#place)),
    );
    this.#listen();
    this.#changed();
  }

  refresh(): void {
    void this.#asker.about(Float32Array.from(this.#code));
  }

  #listen(): void {
    const plane = this.#plane;
    plane.addEventListener("pointerdown", (event) => {
      plane.setPointerCapture(event.pointerId);
      this.#isDown = true;
      this.#moveTo(event);
    });
    plane.addEventListener("pointermove", (event) => this.#isDown && this.#moveTo(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      plane.addEventListener(end, () => (this.#isDown = false));
    }
    plane.addEventListener("keydown", (event) => {
      const arrow = arrowOf(event.key);
      if (arrow === undefined) return;
      event.preventDefault();
      const [x, y] = this.#code;
      this.#set(x + STEP * arrow[0], y - STEP * arrow[1]);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paint());
  }

  #moveTo(event: PointerEvent): void {
    const box = this.#plane.getBoundingClientRect();
    const along = (at: number, from: number, length: number): number =>
      REACH * (2 * ((at - from) / length) - 1);
    const x = along(event.clientX, box.left, box.width);
    this.#set(x, -along(event.clientY, box.top, box.height));
  }

  #set(x: number, y: number): void {
    const within = (value: number): number => Math.max(-REACH, Math.min(REACH, value));
    this.#code = [within(x), within(y)];
    this.#changed();
  }

  #changed(): void {
    const [x, y] = this.#code.map((value) => value.toFixed(1).replace("-", "−"));
    this.#place.textContent = `Code (${x}, ${y})`;
    this.#paint();
    this.refresh();
  }

  /** Circles at one, two and three standard deviations, and the point. */
  #paint(): void {
    const context = this.#plane.getContext("2d") as CanvasRenderingContext2D;
    const style = getComputedStyle(document.documentElement);
    const circle = (x: number, y: number, radius: number): void => {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
    };
    context.clearRect(0, 0, SIZE, SIZE);
    context.strokeStyle = style.getPropertyValue("--line");
    for (const deviations of [1, 2, 3]) {
      circle(SIZE / 2, SIZE / 2, (deviations * SIZE) / (2 * REACH));
      context.stroke();
    }
    context.fillStyle = style.getPropertyValue("--second");
    const at = (value: number): number => (SIZE / 2) * (1 + value / REACH);
    circle(at(this.#code[0]), at(-this.#code[1]), 7);
    context.fill();
  }
}
