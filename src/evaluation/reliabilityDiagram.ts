// Confidence against accuracy.

import type { CalibrationBin } from "./calibration.ts";
import { chart, label, linear } from "./chart.ts";
import { formatNumber } from "./formatNumber.ts";
import { element } from "./markup.ts";

// Sides of the plot in a chart that is 360 wide.
const LEFT = 46;
const RIGHT = 336;
const TOP = 34;
const BOTTOM = 250;
/** Height of the strip that shows how many examples each bin has. */
const STRIP = 34;

/**
 * A reliability diagram as an SVG image: accuracy in each bin of confidence, the diagonal where
 * both agree, and below how the examples spread over the bins.
 *
 * @see DeGroot and Fienberg 1983, The comparison and evaluation of forecasters.
 */
export function reliabilityDiagram(title: string, bins: readonly CalibrationBin[]): string {
  const x = linear([0, 1], [LEFT, RIGHT]);
  const y = linear([0, 1], [BOTTOM, TOP]);
  const filled = bins.filter(({ examples }) => examples > 0);
  const most = filled.reduce((largest, { examples }) => Math.max(largest, examples), 1);
  const floor = BOTTOM + 26 + STRIP;
  const axes = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
    element("path", { d: `M${LEFT} ${y(value).toFixed(1)}H${RIGHT}`, class: "grid" }),
    label(LEFT - 6, y(value) + 4, `${value}`, { "text-anchor": "end", class: "dim" }),
    label(x(value), BOTTOM + 16, `${value}`, { "text-anchor": "middle", class: "dim" }),
  ]);
  const bars = filled.flatMap(({ low, high, accuracy, confidence, examples }) => {
    const across = { x: x(low) + 1, width: x(high) - x(low) - 2 };
    const size = (STRIP * examples) / most;
    return [
      element("rect", {
        ...{ ...across, y: y(accuracy), height: BOTTOM - y(accuracy) },
        ...{ fill: "var(--s0)", "fill-opacity": "0.55" },
      }),
      element("circle", { cx: x(confidence), cy: y(accuracy), r: 3, fill: "var(--s0)" }),
      element("rect", { ...across, y: floor - size, height: size, fill: "var(--s7)" }),
    ];
  });
  const names = [
    label(LEFT - 6, floor - STRIP / 2 + 4, "count", { "text-anchor": "end", class: "dim" }),
    label((LEFT + RIGHT) / 2, floor + 18, "confidence", { "text-anchor": "middle", class: "dim" }),
    label(LEFT + 6, TOP + 14, "accuracy", { class: "dim" }),
  ];
  const d = `M${LEFT} ${BOTTOM}L${RIGHT} ${TOP}`;
  const diagonal = element("path", { d, class: "ink", "stroke-dasharray": "5 4" });
  const description = filled
    .map(({ confidence, accuracy, examples }) => {
      const [said, was] = [formatNumber(confidence), formatNumber(accuracy)];
      return `confidence ${said}, accuracy ${was}, ${examples} examples`;
    })
    .join("; ");
  const content = [...axes, ...bars, diagonal, ...names];
  return chart({ title, description, height: floor + 26 }, content);
}
