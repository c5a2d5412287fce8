// Numbers side by side, with their intervals.

import { type Scale, chart, label, linear, requireDrawable, ticks } from "./chart.ts";
import { formatBeside, formatEstimate, shorten } from "./formatNumber.ts";
import type { Estimate } from "./interval.ts";
import { element } from "./markup.ts";

/** One bar. */
export interface Bar extends Estimate {
  readonly name: string;
}

// Sides of the plot in a chart that is 360 wide.
const LEFT = 8;
const RIGHT = 346;
const TOP = 30;
const ROW = 38;

/** What the axis spans, and whether bars stand on zero. */
function domainOf(ends: readonly number[]): { domain: [number, number]; isZero: boolean } {
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const isZero = low < high / 2 || low <= 0;
  if (isZero) return { domain: [Math.min(0, low), Math.max(0, high) || 1], isZero };
  const margin = (high - low) * 0.08 || high * 0.1;
  return { domain: [low - margin, high + margin], isZero };
}

function drawBar(bar: Bar, text: string, y: number, x: Scale, isZero: boolean): string[] {
  const { name, value, interval } = bar;
  const room = Math.floor((RIGHT - LEFT) / 6.6) - text.length;
  const parts = [
    label(LEFT, y + 12, shorten(name, Math.max(8, room))),
    label(RIGHT, y + 12, text, { "text-anchor": "end", class: "dim" }),
  ];
  const middle = y + 24;
  if (isZero) {
    const [from, to] = [x(0), x(value)].sort((a, b) => a - b) as [number, number];
    const size = { x: from, y: middle - 6, width: Math.max(0.5, to - from), height: 12, rx: 1.5 };
    parts.push(element("rect", { ...size, fill: "var(--s0)", "fill-opacity": "0.75" }));
  }
  if (interval && interval[0] < interval[1]) {
    const [low, high] = [x(interval[0]), x(interval[1])];
    const ends = [low, high].map((end) => `M${end.toFixed(1)} ${middle - 4}v8`);
    const d = `M${low.toFixed(1)} ${middle}H${high.toFixed(1)}${ends.join("")}`;
    parts.push(element("path", { d, class: "ink" }));
  }
  const dot = { cx: x(value), cy: middle, r: 4, fill: "var(--s0)" };
  if (!isZero) parts.push(element("circle", dot));
  return parts;
}

/**
 * Bars with whiskers as an SVG image. Where the numbers lie close together far from zero, dots take
 * the place of bars and the axis begins near them: bars that do not begin at zero mislead.
 *
 * @throws {DataError} if there is no bar, or a number is not finite.
 */
export function barChart(title: string, bars: readonly Bar[]): string {
  const numbers = bars.flatMap(({ value, interval }) => [value, ...(interval ?? [])]);
  requireDrawable("barChart", numbers);
  const { domain, isZero } = domainOf(numbers);
  const x = linear(domain, [LEFT + 4, RIGHT]);
  const bottom = TOP + bars.length * ROW + 4;
  const axis = ticks(domain[0], domain[1]).flatMap(({ value, text }) => [
    element("path", { d: `M${x(value).toFixed(1)} ${TOP}V${bottom}`, class: "grid" }),
    label(Math.min(x(value), RIGHT - 4), bottom + 14, text, {
      "text-anchor": "middle",
      class: "dim",
    }),
  ]);
  const write = formatBeside(bars);
  const texts = bars.map((bar) => formatEstimate(bar, write));
  const rows = bars.flatMap((bar, i) => drawBar(bar, texts[i] as string, TOP + i * ROW, x, isZero));
  const description = bars.map(({ name }, i) => `${name}: ${texts[i]}`).join("; ");
  return chart({ title, description, height: bottom + 22 }, [...axis, ...rows]);
}
