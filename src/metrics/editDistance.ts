// How many edits lead from one text to another.

import type { Metric, MetricOptions } from "./metric.ts";
import { requireChoice } from "./requirements.ts";
import { charactersOf, requirePairs, wordsOf } from "./textPairs.ts";

/**
 * Levenshtein distance: the fewest insertions, deletions and replacements that make `a` into `b`.
 *
 * @param a  any list; a string counts by UTF-16 units, `[...text]` by characters.
 * @see Levenshtein 1966, Binary codes capable of correcting deletions, insertions and reversals.
 */
export function levenshtein(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  // Distances from the first i of a to the first j of b, for one i after the other.
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** Options of `EditDistance`. */
export interface EditDistanceOptions extends MetricOptions {
  /** What is inserted, deleted and replaced. Default "word". */
  readonly unit?: "word" | "character";
  /**
   * "reference": all edits over the units of all references, the word or character error rate.
   * "longest": the mean over pairs of edits over the longer text, in [0, 1]. "none": mean edits per
   * pair. Default "reference".
   */
  readonly normalization?: "reference" | "longest" | "none";
}

/** What `EditDistance.details` gives. */
export interface EditDetails {
  readonly edits: number;
  /** Units in all references. */
  readonly referenceLength: number;
  readonly pairs: number;
}

/**
 * Levenshtein distance of texts and their references; by default the word error rate.
 *
 *     new EditDistance({ name: "wer" })
 *     new EditDistance({ unit: "character", name: "cer" })
 *
 * @see Morris, Maier & Green 2004, From WER and RIL to MER and WIL.
 */
export class EditDistance implements Metric<[readonly string[], readonly string[]]> {
  readonly name: string;
  readonly #split: (text: string) => string[];
  readonly #normalization: "reference" | "longest" | "none";
  #edits = 0;
  /** Σ edits over the longer text of each pair. */
  #shares = 0;
  #referenceLength = 0;
  #pairs = 0;

  constructor(options: EditDistanceOptions = {}) {
    const { unit = "word", normalization = "reference", name = "editDistance" } = options;
    requireChoice("EditDistance", "unit", unit, ["word", "character"]);
    const choices = ["reference", "longest", "none"];
    requireChoice("EditDistance", "normalization", normalization, choices);
    this.name = name;
    this.#split = unit === "word" ? wordsOf : charactersOf;
    this.#normalization = normalization;
  }

  reset(): void {
    this.#edits = 0;
    this.#shares = 0;
    this.#referenceLength = 0;
    this.#pairs = 0;
  }

  /** @throws {UsageError} unless there is one reference for every hypothesis. */
  update(hypotheses: readonly string[], references: readonly string[]): void {
    requirePairs("EditDistance", hypotheses, references);
    hypotheses.forEach((text, i) => {
      const [own, wanted] = [this.#split(text), this.#split(references[i] as string)];
      const edits = levenshtein(own, wanted);
      this.#edits += edits;
      this.#shares += edits / Math.max(1, own.length, wanted.length);
      this.#referenceLength += wanted.length;
      this.#pairs++;
    });
  }

  async result(): Promise<number> {
    if (this.#normalization === "reference") return this.#edits / this.#referenceLength;
    return (this.#normalization === "none" ? this.#edits : this.#shares) / this.#pairs;
  }

  async details(): Promise<EditDetails> {
    return { edits: this.#edits, referenceLength: this.#referenceLength, pairs: this.#pairs };
  }
}
