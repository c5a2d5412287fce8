// bench/results.svg: how long everyone takes, in multiples of the hand-written program.

import { View, parse } from "vega";
import { compile } from "vega-lite";
import { LIBRARIES } from "../libraries.mjs";
import { WORKLOADS, isStep } from "../workloads.mjs";
import { msOf } from "./tables.mjs";

/** Colours and shapes that stay apart in light, in dark and without colour. */
const LOOKS = {
  "renga-compiled": ["#d1495b", "circle"],
  "renga-eager": ["#e58f5a", "circle"],
  "jax-jit": ["#3a86c8", "square"],
  "jax-eager": ["#7fb2dd", "square"],
  "tfjs-webgpu": ["#2a9d6f", "triangle-up"],
  "ort-webgpu": ["#9b6fc4", "diamond"],
};

const LIGHT = { paper: "#ffffff", ink: "#1f2328", line: "#d5dae0" };
const DARK = { paper: "#0d1117", ink: "#e6edf3", line: "#343c46" };

/** Every library's time over raw's, for the workloads that raw ran too. */
function ratios(results, workloads) {
  return workloads.flatMap(({ id }) => {
    const raw = msOf(results, id, "raw");
    // The last are drawn on top.
    const libraries = raw === undefined ? [] : Object.keys(LOOKS).toReversed();
    return libraries
      .filter((library) => msOf(results, id, library) !== undefined)
      .map((library) => ({
        workload: id,
        library: LIBRARIES[library].title,
        ratio: msOf(results, id, library) / raw,
      }));
  });
}

function panel(title, values, looks) {
  const domain = looks.map(([library]) => LIBRARIES[library].title);
  const axis = { title: "time, in multiples of raw WebGPU's (log scale)", format: "~g" };
  const x = { field: "ratio", type: "quantitative", scale: { type: "log", nice: true }, axis };
  const order = [...new Set(values.map(({ workload }) => workload))];
  const range = (i) => looks.map(([, look]) => look[i]);
  return {
    title: { text: title, anchor: "start", frame: "group" },
    width: 560,
    height: { step: 26 },
    layer: [
      {
        data: { values: [{ ratio: 1 }] },
        mark: { type: "rule", strokeDash: [4, 3], color: LIGHT.ink },
        encoding: { x },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 110, opacity: 0.95 },
        encoding: {
          x,
          y: { field: "workload", type: "nominal", sort: order, axis: { title: null } },
          color: { field: "library", scale: { domain, range: range(0) }, legend: { title: null } },
          shape: { field: "library", scale: { domain, range: range(1) } },
        },
      },
    ],
  };
}

const CONFIG = {
  font: "sans-serif",
  view: { stroke: LIGHT.line },
  axis: {
    ...{ labelColor: LIGHT.ink, titleColor: LIGHT.ink, titleFontWeight: "normal", grid: true },
    ...{ gridColor: LIGHT.line, domainColor: LIGHT.line, tickColor: LIGHT.line, labelLimit: 260 },
  },
  legend: { labelColor: LIGHT.ink },
  title: { color: LIGHT.ink, fontSize: 14 },
};

/** Swaps the colours of paper, ink and lines where the reader's page is dark. */
function withDarkMode(svg) {
  const swap = (name, property) => `[${property}="${LIGHT[name]}"] { ${property}: ${DARK[name]}; }`;
  const rules = Object.keys(LIGHT).flatMap((name) => [swap(name, "fill"), swap(name, "stroke")]);
  const style = `<style>@media (prefers-color-scheme: dark) { ${rules.join(" ")} }</style>`;
  return svg.replace(/(<svg[^>]*>)/, `$1${style}`);
}

/** The chart as SVG text; undefined if nothing was timed beside raw. */
export async function chart(results) {
  const groups = [
    ["Training steps", WORKLOADS.filter(isStep)],
    ["Kernels", WORKLOADS.filter(({ unit }) => unit === "GFLOP/s" || unit === "GB/s")],
  ];
  const filled = groups
    .map(([title, workloads]) => [title, ratios(results, workloads)])
    .filter(([, values]) => values.length > 0);
  const shown = new Set(filled.flatMap(([, values]) => values.map(({ library }) => library)));
  const looks = Object.entries(LOOKS).filter(([library]) => shown.has(LIBRARIES[library].title));
  const panels = filled.map(([title, values]) => panel(title, values, looks));
  if (panels.length === 0) return undefined;
  const specification = { background: LIGHT.paper, padding: 16, config: CONFIG, vconcat: panels };
  const { spec } = compile(specification);
  const svg = await new View(parse(spec), { renderer: "none" }).toSVG();
  return withDarkMode(svg);
}
