// Pictures, points and texts of a run, each in a panel of its own name.

import type { ExampleEvent } from "../example.ts";

type Picture = Extract<ExampleEvent, { type: "image" | "points" | "text" }>;

const PLOT = 320;

/** Shows what a run makes; the last one of each name. */
export class Panels {
  readonly #root: HTMLElement;
  readonly #panels = new Map<string, HTMLElement>();

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  show(event: Picture): void {
    if (event.type === "text") {
      const text = this.#panel(event.name, "div") as HTMLDivElement;
      text.className = "written";
      text.textContent = event.text;
      return;
    }
    const canvas = this.#panel(event.name, "canvas") as HTMLCanvasElement;
    if (event.type === "image") paintImage(canvas, event);
    else paintPoints(canvas, event);
  }

  clear(): void {
    for (const panel of this.#panels.values()) panel.parentElement?.remove();
    this.#panels.clear();
  }

  #panel(name: string, kind: "div" | "canvas"): HTMLElement {
    const known = this.#panels.get(name);
    if (known !== undefined) return known;
    const figure = document.createElement("figure");
    figure.className = "panel";
    const inner = document.createElement(kind);
    inner.setAttribute("aria-label", name);
    if (kind === "canvas") inner.setAttribute("role", "img");
    const caption = document.createElement("figcaption");
    caption.textContent = name;
    figure.append(inner, caption);
    this.#root.append(figure);
    this.#panels.set(name, inner);
    return inner;
  }
}

function paintImage(canvas: HTMLCanvasElement, image: Picture & { type: "image" }): void {
  const { width, height, pixels } = image;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const data = new ImageData(new Uint8ClampedArray(pixels), width, height);
  canvas.getContext("2d")?.putImageData(data, 0, 0);
}

/** Both clouds in one square around those of the data. */
function paintPoints(canvas: HTMLCanvasElement, points: Picture & { type: "points" }): void {
  canvas.width = canvas.height = PLOT;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const style = getComputedStyle(document.documentElement);
  const reach = 1.25 * points.real.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const at = (value: number): number => (PLOT / 2) * (1 + value / reach);
  const draw = (cloud: Float32Array, name: string): void => {
    context.fillStyle = style.getPropertyValue(name);
    for (let i = 0; i + 1 < cloud.length; i += 2) {
      context.fillRect(at(cloud[i] as number) - 1, at(-(cloud[i + 1] as number)) - 1, 2, 2);
    }
  };
  context.clearRect(0, 0, PLOT, PLOT);
  draw(points.real, "--faint");
  draw(points.made, "--second");
}
