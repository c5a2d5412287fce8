// Curves of a run: one small chart for each number, drawn at most a few times a second.

import uPlot from "uplot";

/** Milliseconds between two drawings: laying out text is what costs a page most. */
const PAUSE = 250;

/** Points of a chart; beyond them every other one is left out. */
const MAX_POINTS = 600;

interface Chart {
  readonly figure: HTMLElement;
  /** There once it is first drawn: making it takes as long as some drawings. */
  plot: uPlot | undefined;
  readonly steps: number[];
  readonly values: number[];
  isStale: boolean;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Charts in an element, made as numbers come. */
export class Curves {
  readonly #root: HTMLElement;
  readonly #charts = new Map<string, Chart>();
  #isDue = false;

  constructor(root: HTMLElement) {
    this.#root = root;
    addEventListener("resize", () => this.#fit());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
  }

  add(step: number, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const chart = this.#charts.get(name) ?? this.#make(name);
      if (step <= (chart.steps.at(-1) ?? -1)) {
        // The run went on from an earlier step.
        const from = chart.steps.findIndex((one) => one >= step);
        chart.steps.length = chart.values.length = from;
      }
      chart.steps.push(step);
      chart.values.push(value);
      if (chart.steps.length > MAX_POINTS) thin(chart);
      chart.isStale = true;
    }
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => this.#draw(), PAUSE);
  }

  clear(): void {
    for (const { plot } of this.#charts.values()) plot?.destroy();
    this.#charts.clear();
    this.#root.replaceChildren();
  }

  /** One chart at a time, so that no task is long. */
  #draw(): void {
    const next = [...this.#charts.values()].find(({ isStale }) => isStale);
    if (next === undefined) {
      this.#isDue = false;
      return;
    }
    next.isStale = false;
    if (next.plot === undefined) next.plot = this.#plot(next);
    else next.plot.setData([next.steps, next.values]);
    setTimeout(() => this.#draw(), 0);
  }

  #make(name: string): Chart {
    const figure = document.createElement("figure");
    figure.className = "panel";
    figure.setAttribute("aria-label", `Curve of ${name} by step`);
    const caption = document.createElement("figcaption");
    caption.textContent = name;
    figure.append(caption);
    this.#root.append(figure);
    const chart: Chart = { figure, plot: undefined, steps: [], values: [], isStale: false };
    this.#charts.set(name, chart);
    return chart;
  }

  #plot({ figure, steps, values }: Chart): uPlot {
    const axis = { stroke: () => colour("--faint"), grid: { stroke: () => colour("--line") } };
    return new uPlot(
      {
        ...sizeIn(figure),
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 32 },
          { ...axis, size: 56 },
        ],
        series: [{}, { stroke: () => colour("--accent"), width: 2, points: { show: false } }],
      },
      [steps, values],
      (plot, show) => {
        figure.prepend(plot.root);
        show();
      },
    );
  }

  #fit(): void {
    for (const { figure, plot } of this.#charts.values()) plot?.setSize(sizeIn(figure));
  }

  #recolour(): void {
    for (const { plot } of this.#charts.values()) plot?.redraw();
  }
}

function sizeIn(figure: HTMLElement): { width: number; height: number } {
  return { width: Math.max(200, figure.clientWidth - 24), height: 130 };
}

function thin({ steps, values }: Chart): void {
  for (const list of [steps, values]) {
    const last = list.length - 1;
    const kept = list.filter((_, i) => i % 2 === 0 || i === last);
    list.splice(0, list.length, ...kept);
  }
}
