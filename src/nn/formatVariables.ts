// Tables of variables.

import type { Variable } from "../tensor/variable.ts";

/** @returns lines with columns of equal width, and a rule under the first. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) => {
    return `| ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(" | ")} |`;
  });
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("+")}|`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

/**
 * A table of variables: name, dtype and shape, bytes, and whether each is trained; sorted by module, then
 * largest rank first.
 *
 *     | Variable       | Spec     | Bytes | Trainable |
 *     |----------------+----------+-------+-----------|
 *     | mlp/linear_0/w | f32[5,4] | 80    | true      |
 *     | mlp/linear_0/b | f32[4]   | 16    | true      |
 */
export function formatVariables(variables: readonly Variable[]): string {
  const moduleOf = ({ name }: Variable): string => name.slice(0, name.lastIndexOf("/") + 1);
  const order = (a: string, b: string): number => Number(a > b) - Number(a < b);
  const sorted = variables.toSorted((a, b) => {
    return order(moduleOf(a), moduleOf(b)) || b.rank - a.rank || order(a.name, b.name);
  });
  const rows = sorted.map(({ name, dtype, shape, size, trainable }) => {
    const bytes = size * (dtype === "f16" ? 2 : 4);
    return [name, `${dtype}[${shape.join()}]`, `${bytes}`, `${trainable}`];
  });
  return table([["Variable", "Spec", "Bytes", "Trainable"], ...rows]);
}

/** Logs the table of `formatVariables`. @param log  gets each line. Default: the console. */
export function logVariables(
  variables: readonly Variable[],
  log: (line: string) => void = (line) => console.log(line),
): void {
  for (const line of formatVariables(variables).split("\n")) log(line);
}
