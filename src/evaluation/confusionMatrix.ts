// Which classes are taken for which, as a map of heat.

import { CHART_WIDTH, chart, label } from "./chart.ts";
import { shorten } from "./formatNumber.ts";
import { element } from "./markup.ts";

/** Sizes of a map in the chart. */
interface Layout {
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  readonly names: readonly string[];
}

/** Names of classes have room for so many characters. */
const NAME = 9;

function layoutOf(count: number, classes: readonly string[]): Layout {
  const names = Array.from({ length: count }, (_, c) => shorten(classes[c] ?? `${c}`, NAME));
  const longest = names.reduce((most, name) => Math.max(most, name.length), 1);
  const left = 26 + longest * 6.6;
  // Names longer than two letters lean to the right over the columns.
  const [above, beside] = longest > 2 ? [50 + longest * 6, 8 + longest * 3] : [60, 8];
  const cell = Math.min(34, (CHART_WIDTH - left - beside) / count);
  return { left, top: above, cell, names };
}

/** 1234 as 1.2k where the cell is small. */
function countText(count: number): string {
  if (count < 1000) return `${count}`;
  return count < 9950 ? `${(count / 1000).toFixed(1)}k` : `${Math.round(count / 1000)}k`;
}

function drawCell(layout: Layout, row: number, column: number, count: number, share: number) {
  const { left, top, cell } = layout;
  const [x, y] = [left + column * cell, top + row * cell];
  const fill = row === column ? "var(--s0)" : "var(--s1)";
  const opacity = count === 0 ? 0 : 0.08 + 0.92 * share;
  const size = { x, y, width: cell - 1, height: cell - 1 };
  const square = element("rect", { ...size, fill, "fill-opacity": opacity.toFixed(2) });
  if (count === 0 || cell < 18) return count === 0 ? "" : square;
  const style = `font-size:${cell < 26 ? 9 : 11}px${opacity > 0.55 ? ";fill:var(--on)" : ""}`;
  const place = [x + cell / 2 - 0.5, y + cell / 2 + 3.5] as const;
  return square + label(...place, countText(count), { "text-anchor": "middle", style });
}

function drawNames({ left, top, cell, names }: Layout): string[] {
  // Where cells are lower than a line of text, only some have their names.
  const every = Math.ceil(11 / cell);
  const isLong = names.some((name) => name.length > 2);
  return names.flatMap((name, c) => {
    if (c % every !== 0) return [];
    const middle = (c + 0.5) * cell;
    const [x, y] = [left + middle, top - 6];
    const turned = { transform: `rotate(-60 ${x.toFixed(1)} ${y})`, class: "dim" };
    return [
      label(left - 5, top + middle + 4, name, { "text-anchor": "end", class: "dim" }),
      isLong
        ? label(x, y, name, turned)
        : label(x, y, name, { "text-anchor": "middle", class: "dim" }),
    ];
  });
}

/** The commonest mistakes, in words. */
function mistakesText(matrix: readonly (readonly number[])[], names: readonly string[]): string {
  const mistakes = matrix.flatMap((row, label) =>
    row.flatMap((count, guess) => (count > 0 && guess !== label ? [{ label, guess, count }] : [])),
  );
  const worst = mistakes.sort((a, b) => b.count - a.count).slice(0, 5);
  const text = worst.map(({ label, guess, count }) => {
    return `${names[label] ?? label} was taken for ${names[guess] ?? guess} ${count} times`;
  });
  return text.length > 0 ? `${text.join("; ")}.` : "There was no mistake.";
}

/**
 * A confusion matrix as an SVG image: a row for each true class, shaded by its share, mistakes in a
 * colour of their own.
 *
 * @param matrix  Counts, `[label][prediction]`.
 */
export function confusionMatrix(
  title: string,
  matrix: readonly (readonly number[])[],
  classes: readonly string[] = [],
): string {
  const layout = layoutOf(matrix.length, classes);
  const { left, top, cell } = layout;
  const size = matrix.length * cell;
  const cells = matrix.flatMap((row, r) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    return row.map((count, c) => drawCell(layout, r, c, count, count / total));
  });
  const middle = top + size / 2;
  const frame = { x: left - 0.5, y: top - 0.5, width: size, height: size, class: "grid" };
  const turned = { transform: `rotate(-90 14 ${middle.toFixed(1)})`, class: "dim" };
  const content = [
    element("rect", frame),
    ...cells,
    ...drawNames(layout),
    label(left + size / 2, 36, "predicted", { "text-anchor": "middle", class: "dim" }),
    label(14, middle, "true", { "text-anchor": "middle", ...turned }),
  ];
  const description = mistakesText(matrix, classes);
  return chart({ title, description, height: top + size + 8 }, content);
}
