// Curves over steps.

import { SERIES, type Scale, chart, label, linear, requireDrawable, ticks } from "./chart.ts";
import { formatNumber, shorten } from "./formatNumber.ts";
import { element } from "./markup.ts";

/** A point of a curve, with what spreads about it. */
export interface LinePoint {
  readonly x: number;
  readonly y: number;
  readonly interval?: readonly [low: number, high: number];
}

/** A curve. */
export interface Line {
  readonly name: string;
  /** By ascending x. */
  readonly points: readonly LinePoint[];
}

// Sides of the plot in a chart that is 360 wide.
const LEFT = 46;
const RIGHT = 348;
const TOP = 32;
const BOTTOM = 222;

/** Past so many points, only the lowest and highest of each stretch are drawn. */
const MAX_POINTS = 400;

/** Points that draw the same picture: first, last, and the extremes of equal stretches. */
function thin(points: readonly LinePoint[]): readonly LinePoint[] {
  if (points.length <= MAX_POINTS) return points;
  const stretch = Math.ceil((2 * points.length) / MAX_POINTS);
  const kept = new Set<LinePoint>([points[0] as LinePoint]);
  for (let from = 0; from < points.length; from += stretch) {
    const some = points.slice(from, from + stretch).sort((a, b) => a.y - b.y);
    const ends = [some[0], some.at(-1)] as [LinePoint, LinePoint];
    for (const point of ends.sort((a, b) => a.x - b.x)) kept.add(point);
  }
  return [...kept.add(points.at(-1) as LinePoint)];
}

function rangeOf(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const margin = Math.abs(low) / 2 || 0.5;
  return low === high ? [low - margin, high + margin] : [low, high];
}

const path = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function drawLine({ points }: Line, series: number, x: Scale, y: Scale): string[] {
  const color = `var(--s${series % SERIES})`;
  const kept = thin(points);
  const banded = kept.filter((point) => point.interval);
  const upper = banded.map((point) => [x(point.x), y(point.interval?.[1] as number)] as const);
  const lower = banded.map((point) => [x(point.x), y(point.interval?.[0] as number)] as const);
  const band = { d: `${path([...upper, ...lower.reverse()])}Z`, fill: color };
  const line = path(kept.map((point) => [x(point.x), y(point.y)] as const));
  const stroke = { fill: "none", stroke: color, "stroke-width": 2, "stroke-linejoin": "round" };
  const dots = kept.length > 12 ? [] : kept;
  return [
    ...(banded.length > 1 ? [element("path", { ...band, "fill-opacity": "0.18" })] : []),
    element("path", { d: line, ...stroke, "stroke-dasharray": dashes(series) }),
    ...dots.map((point) =>
      element("circle", { cx: x(point.x), cy: y(point.y), r: 3, fill: color }),
    ),
  ];
}

/** Series are told apart without colours too. */
function dashes(series: number): string | undefined {
  return [undefined, "7 3", "2 3", "9 3 2 3"][series % 4];
}

function legend(lines: readonly Line[], top: number): string[] {
  return lines.flatMap(({ name }, i) => {
    const y = top + i * 18;
    const stroke = { stroke: `var(--s${i % SERIES})`, "stroke-width": 2 };
    return [
      element("path", { d: `M${LEFT} ${y}h26`, ...stroke, "stroke-dasharray": dashes(i) }),
      label(LEFT + 34, y + 4, shorten(name, 42)),
    ];
  });
}

/**
 * Curves with bands as an SVG image.
 *
 * @throws {DataError} if there is no point, or a number is not finite.
 */
export function lineChart(
  title: string,
  lines: readonly Line[],
  { xLabel = "step" }: { readonly xLabel?: string } = {},
): string {
  const points = lines.flatMap((line) => line.points);
  const [xs, ys] = [
    points.map((point) => point.x),
    points.flatMap((point) => [point.y, ...(point.interval ?? [])]),
  ];
  requireDrawable("lineChart", [...xs, ...ys]);
  const [across, up] = [rangeOf(xs), rangeOf(ys)];
  const x = linear(across, [LEFT, RIGHT]);
  const y = linear(up, [BOTTOM, TOP]);
  const axes = [
    ...ticks(...up).flatMap(({ value, text }) => [
      element("path", { d: `M${LEFT} ${y(value).toFixed(1)}H${RIGHT}`, class: "grid" }),
      label(LEFT - 6, y(value) + 4, text, { "text-anchor": "end", class: "dim" }),
    ]),
    ...ticks(...across).map(({ value, text }) => {
      const anchor = x(value) > RIGHT - 16 ? "end" : "middle";
      return label(x(value), BOTTOM + 16, text, { "text-anchor": anchor, class: "dim" });
    }),
    label((LEFT + RIGHT) / 2, BOTTOM + 32, xLabel, { "text-anchor": "middle", class: "dim" }),
  ];
  const drawn = lines.flatMap((line, i) => drawLine(line, i, x, y));
  const ends = lines.map(({ name, points: own }) => {
    const last = own.at(-1);
    return last ? `${name} ends at ${formatNumber(last.y)}` : `${name} is empty`;
  });
  const height = BOTTOM + 46 + lines.length * 18;
  const content = [...axes, ...drawn, ...legend(lines, BOTTOM + 50)];
  return chart({ title, description: `${ends.join("; ")}.`, height }, content);
}
