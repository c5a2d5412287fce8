// chrF of a corpus.

import { UsageError } from "../errors.ts";
import type { References } from "./bleu.ts";
import type { Metric, MetricOptions } from "./metric.ts";
import { requireCount, requirePositive } from "./requirements.ts";
import {
  charactersOf,
  countMatches,
  countNGrams,
  nGramTotal,
  requirePairs,
  wordsOf,
} from "./textPairs.ts";

/** Options of `ChrF`. */
export interface ChrFOptions extends MetricOptions {
  /** Longest n-grams of characters. Default 6. */
  readonly characterOrder?: number;
  /** Longest n-grams of words: 0 is chrF, 2 is chrF++. Default 0. */
  readonly wordOrder?: number;
  /** How many times as much recall counts as precision. Default 2. */
  readonly beta?: number;
  /** Count capitals as small letters. Default false. */
  readonly isLowercase?: boolean;
}

/** N-grams of one order: in the hypothesis, in the reference, in both. */
type Tally = readonly [hypothesis: number, reference: number, matches: number];

/**
 * Corpus chrF, 0 to 100: F_β of n-grams of characters, white space left out.
 *
 *   chrF_β = 100 · (1 + β²) · P · R / (β²·P + R)
 *
 * P and R are means over the orders that occur on both sides. Of several references each hypothesis is
 * compared with the one it scores best with. Numbers agree with sacreBLEU's.
 *
 * @see Popović 2015, chrF: character n-gram F-score for automatic MT evaluation.
 * @see Popović 2017, chrF++: words helping character n-grams.
 */
export class ChrF implements Metric<[readonly string[], readonly References[]]> {
  readonly name: string;
  readonly #options: ChrFOptions;
  readonly #beta: number;
  #tallies: Tally[] | undefined;

  constructor(options: ChrFOptions = {}) {
    const { characterOrder = 6, wordOrder = 0, beta = 2, name = "chrF" } = options;
    requireCount("ChrF", "characterOrder", characterOrder);
    if (wordOrder !== 0) requireCount("ChrF", "wordOrder", wordOrder);
    requirePositive("ChrF", "beta", beta);
    this.name = name;
    this.#options = options;
    this.#beta = beta;
  }

  reset(): void {
    this.#tallies = undefined;
  }

  /**
   * @param hypotheses  texts of a model.
   * @param references  for each of them one text, or several.
   * @throws {UsageError} if one has no reference.
   */
  update(hypotheses: readonly string[], references: readonly References[]): void {
    requirePairs("ChrF", hypotheses, references);
    const lists = references.map((one) => (typeof one === "string" ? [one] : one));
    if (lists.some((list) => list.length === 0)) {
      throw new UsageError("ChrF", "every hypothesis must have a reference", { got: "none" });
    }
    hypotheses.forEach((text, i) => {
      const own = this.#nGrams(text);
      const found = (lists[i] as string[]).map((one) => compare(own, this.#nGrams(one)));
      const best = found.reduce((a, b) => (this.#score(b) > this.#score(a) ? b : a));
      this.#tallies = this.#tallies?.map((tally, n) => sumOf(tally, best[n] as Tally)) ?? best;
    });
  }

  async result(): Promise<number> {
    return this.#tallies === undefined ? NaN : this.#score(this.#tallies);
  }

  /** The n-grams of every order, and how many there are. */
  #nGrams(given: string): NGrams[] {
    const { characterOrder = 6, wordOrder = 0, isLowercase = false } = this.#options;
    const text = isLowercase ? given.toLowerCase() : given;
    const words = wordsOf(text);
    const characters = charactersOf(words.join(""));
    const tokens = words.flatMap(withoutPunctuation);
    return [...ordersOf(characters, characterOrder), ...ordersOf(tokens, wordOrder)];
  }

  #score(tallies: readonly Tally[]): number {
    const both = tallies.filter(([hypothesis, reference]) => hypothesis > 0 && reference > 0);
    const meanOf = (share: (tally: Tally) => number): number =>
      both.reduce((total, tally) => total + share(tally), 0) / both.length;
    const precision = meanOf(([hypothesis, , matches]) => matches / hypothesis);
    const recall = meanOf(([, reference, matches]) => matches / reference);
    if (both.length === 0 || precision + recall === 0) return 0;
    const factor = this.#beta ** 2;
    return 100 * (((1 + factor) * precision * recall) / (factor * precision + recall));
  }
}

interface NGrams {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

function ordersOf(tokens: readonly string[], maxOrder: number): NGrams[] {
  return Array.from({ length: maxOrder }, (_, i) => {
    return { counts: countNGrams(tokens, i + 1), total: nGramTotal(tokens.length, i + 1) };
  });
}

function compare(hypothesis: readonly NGrams[], reference: readonly NGrams[]): Tally[] {
  return hypothesis.map(({ counts, total }, i) => {
    const other = reference[i] as NGrams;
    // A reference that is too short for an order says nothing of it.
    const tried = other.total === 0 ? 0 : total;
    return [tried, other.total, countMatches(counts, other.counts)];
  });
}

function sumOf(a: Tally, b: Tally): Tally {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** A word with the one mark of ASCII punctuation behind it, or before it, apart. */
function withoutPunctuation(word: string): string[] {
  const parts = charactersOf(word);
  if (parts.length < 2) return [word];
  const isMark = (one: string | undefined): boolean => /^[!-/:-@[-`{-~]$/.test(one ?? "");
  if (isMark(parts.at(-1))) return [parts.slice(0, -1).join(""), parts.at(-1) as string];
  return isMark(parts[0]) ? [parts[0] as string, parts.slice(1).join("")] : [word];
}
