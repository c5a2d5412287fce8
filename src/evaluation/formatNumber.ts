// Numbers as people read them.

import type { Estimate } from "./interval.ts";

/** Four digits that count; whole numbers as they are. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return `${value}`;
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  return `${Number(value.toPrecision(4))}`;
}

/** Writes numbers with decimals that show two digits of the middle one of `widths`. */
export function formatFor(widths: readonly number[]): (value: number) => string {
  const sorted = widths.filter((width) => width > 0).sort((a, b) => a - b);
  const width = sorted[Math.floor(sorted.length / 2)];
  if (width === undefined || width < 1e-6) return formatNumber;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(width)));
  return (value) => {
    if (Math.abs(value) >= 1e6) return formatNumber(value);
    const text = value.toFixed(decimals);
    return Number(text) === 0 ? (0).toFixed(decimals) : text; // no −0.00
  };
}

/** Writes numbers that stand side by side, with as many decimals as their intervals deserve. */
export function formatBeside(estimates: readonly Estimate[]): (value: number) => string {
  return formatFor(estimates.map(({ interval }) => (interval ? interval[1] - interval[0] : 0)));
}

/** `0.970 [0.958, 0.981]`; the number alone where the interval has no width. */
export function formatEstimate(
  estimate: Estimate,
  write: (value: number) => string = formatBeside([estimate]),
): string {
  const { value, interval } = estimate;
  const [low, high] = interval ?? [value, value];
  // A number that nothing varies, of parameters say, has digits of its own.
  if (low === high) return formatNumber(value);
  return `${write(value)} [${write(low)}, ${write(high)}]`;
}

/** A p-value to two digits, never as zero. */
export function formatP(p: number): string {
  return p < 0.001 ? "< 0.001" : `${Number(p.toPrecision(2))}`;
}

/** Text of at most `length` characters. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
