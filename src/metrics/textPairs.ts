// What metrics of text share: pairs that fit, and counted n-grams.

import { UsageError } from "../errors.ts";

/** @throws {UsageError} unless there is a reference for every hypothesis. */
export function requirePairs(
  op: string,
  hypotheses: readonly unknown[],
  references: readonly unknown[],
): void {
  const areLists = Array.isArray(hypotheses) && Array.isArray(references);
  if (areLists && hypotheses.length === references.length) return;
  throw new UsageError(op, "there must be a reference for every hypothesis", {
    got: areLists ? `${hypotheses.length} and ${references.length}` : "no lists",
    remedy: "Pass two lists of the same length.",
  });
}

/** Characters as readers count them for these metrics: code points. */
export function charactersOf(text: string): string[] {
  return [...text];
}

/** What white space separates. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}

/** How often each run of n neighbouring tokens occurs. */
export function countNGrams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const key = tokens.slice(i, i + n).join("\0");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** How many n-grams of one are also in the other, each as often as in both. */
export function countMatches(
  counts: ReadonlyMap<string, number>,
  others: ReadonlyMap<string, number>,
): number {
  let matches = 0;
  for (const [key, count] of counts) matches += Math.min(count, others.get(key) ?? 0);
  return matches;
}

/** How many n-grams there are in so many tokens. */
export function nGramTotal(tokens: number, n: number): number {
  return Math.max(0, tokens - n + 1);
}
