// What all charts share: the frame with its title and colours, scales and ticks.

import { DataError } from "../errors.ts";
import { formatNumber, shorten } from "./formatNumber.ts";
import { element, escapeText } from "./markup.ts";

/** Every chart is this wide, in units of a 12-unit font: legible at the width of a phone. */
export const CHART_WIDTH = 360;

/** Colours of series, apart also by dashes. */
export const SERIES = 8;

const LIGHT = [
  "--page:#fff;--ink:#1c1c1e;--dim:#5c5c63;--line:#dcdce1;--on:#fff",
  "--s0:#2460c4;--s1:#b8500a;--s2:#18764b;--s3:#7a3be0",
  "--s4:#b81a60;--s5:#0b7285;--s6:#7d5a00;--s7:#4a4a52",
];

const DARK = [
  "--page:#161618;--ink:#ededf0;--dim:#a3a3ab;--line:#38383d;--on:#101012",
  "--s0:#7fabff;--s1:#ffa35c;--s2:#5fd39b;--s3:#c4a7ff",
  "--s4:#ff8fbe;--s5:#5fd0e6;--s6:#e2b53e;--s7:#b9b9c2",
];

/** The style of charts. A page that holds several needs it once. */
export function chartStyle(): string {
  return [
    `.renga-chart{${LIGHT.join(";")};color-scheme:light dark;background:var(--page)}`,
    `@media(prefers-color-scheme:dark){.renga-chart{${DARK.join(";")}}}`,
    ".renga-chart text{font:12px system-ui,sans-serif;fill:var(--ink)}",
    ".renga-chart .dim{fill:var(--dim);font-size:11px}",
    ".renga-chart .name{font-weight:600;font-size:13px}",
    ".renga-chart .grid{stroke:var(--line);fill:none}",
    ".renga-chart .ink{stroke:var(--ink);fill:none;stroke-width:1.5}",
  ].join("\n");
}

/** @throws {DataError} if there is nothing to draw, or a number is not finite. */
export function requireDrawable(op: string, values: readonly number[]): void {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (values.length > 0 && wrong === undefined) return;
  const rule = "a chart needs numbers, all finite";
  throw new DataError(op, rule, { got: wrong === undefined ? "none" : String(wrong) });
}

/** Text in a chart. */
export function label(
  x: number,
  y: number,
  text: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
): string {
  return element("text", { x, y, ...attributes }, escapeText(text));
}

/** An SVG image that stands alone. `content` begins below y = 28, under the title. */
export function chart(
  { title, description, height }: { title: string; description: string; height: number },
  content: readonly string[],
): string {
  const frame = {
    ...{ xmlns: "http://www.w3.org/2000/svg", class: "renga-chart", role: "img" },
    ...{ viewBox: `0 0 ${CHART_WIDTH} ${Math.ceil(height)}` },
    ...{ width: CHART_WIDTH, height: Math.ceil(height) },
  };
  return element("svg", frame, [
    element("title", {}, escapeText(title)),
    element("desc", {}, escapeText(description)),
    element("style", {}, chartStyle()),
    label(4, 17, shorten(title, 46), { class: "name" }),
    ...content,
  ]);
}

/** Maps [from, to] to [start, end]. */
export type Scale = (value: number) => number;

/** A linear scale; a domain of one number lies in the middle. */
export function linear(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  if (from === to) return () => (start + end) / 2;
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** 0.25, 15k, 1.5M: the text of a tick, with decimals as `step` needs them. */
function tickText(value: number, step: number, top: number): string {
  const [unit, sign] = top >= 1e6 ? [1e6, "M"] : top >= 1e4 ? [1e3, "k"] : [1, ""];
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  if (value === 0) return "0";
  if (decimals > 5 || top >= 1e12) return value.toPrecision(3);
  return `${(value / unit).toFixed(decimals)}${sign}`;
}

/** Round numbers in [low, high], about `count` of them, and the text of each. */
export function ticks(low: number, high: number, count = 4): { value: number; text: string }[] {
  if (!(high > low)) return [{ value: low, text: formatNumber(low) }];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.7) ?? 10);
  const top = Math.max(Math.abs(low), Math.abs(high));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: tickText(value, step, top) };
  });
}
