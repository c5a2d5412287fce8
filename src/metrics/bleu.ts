// BLEU of a corpus.

import { UsageError } from "../errors.ts";
import type { Metric, MetricOptions } from "./metric.ts";
import { requireChoice, requireCount } from "./requirements.ts";
import {
  charactersOf,
  countMatches,
  countNGrams,
  nGramTotal,
  requirePairs,
  wordsOf,
} from "./textPairs.ts";
import { tokenize13a } from "./tokenize13a.ts";

/** A reference of a hypothesis, or several that are equally good. */
export type References = string | readonly string[];

/** Options of `BLEU`. */
export interface BLEUOptions extends MetricOptions {
  /**
   * How text becomes tokens: "13a" as in WMT; "character", for languages without spaces; "none" splits
   * at spaces only; or a function. Default "13a".
   */
  readonly tokenize?: "13a" | "character" | "none" | ((text: string) => readonly string[]);
  /** Count capitals as small letters. Default false. */
  readonly isLowercase?: boolean;
  /** Longest n-grams. Default 4. */
  readonly maxOrder?: number;
  /**
   * What n-grams without any match count as: "exponential" half a match for the first such order, a
   * quarter for the next; "floor" 0.1 matches; "addOne" adds a match and an n-gram to every order but
   * the first; "none" makes the score 0. Default "exponential".
   */
  readonly smoothing?: "exponential" | "floor" | "addOne" | "none";
}

/** What `BLEU.details` gives. */
export interface BLEUDetails {
  /** Share of n-grams that match, in percent and after smoothing, by n from 1. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  /** Tokens. */
  readonly hypothesisLength: number;
  readonly referenceLength: number;
}

const TOKENIZERS = {
  "13a": tokenize13a,
  none: wordsOf,
  character: (text: string): string[] => charactersOf(text).filter((one) => one.trim() !== ""),
};

/**
 * Corpus BLEU, 0 to 100: the geometric mean of n-gram precisions, with a penalty for short texts.
 *
 *   BLEU = 100 · min(1, exp(1 − r/h)) · exp((1/N) Σₙ log pₙ)
 *
 * with h tokens in hypotheses and r in the closest references. Numbers agree with sacreBLEU's for the
 * same tokens. Text never goes to the GPU: counts are kept, not sentences.
 *
 * @see Papineni et al. 2002, BLEU: a Method for Automatic Evaluation of Machine Translation.
 * @see Post 2018, A Call for Clarity in Reporting BLEU Scores.
 */
export class BLEU implements Metric<[readonly string[], readonly References[]]> {
  readonly name: string;
  readonly #options: BLEUOptions;
  readonly #order: number;
  readonly #tokenize: (text: string) => readonly string[];
  #matches: number[] = [];
  #totals: number[] = [];
  #hypothesisLength = 0;
  #referenceLength = 0;
  #pairs = 0;

  constructor(options: BLEUOptions = {}) {
    const { tokenize = "13a", maxOrder = 4, name = "bleu" } = options;
    requireCount("BLEU", "maxOrder", maxOrder);
    const ways = ["exponential", "floor", "addOne", "none"];
    requireChoice("BLEU", "smoothing", options.smoothing ?? "none", ways);
    const split = typeof tokenize === "function" ? tokenize : TOKENIZERS[tokenize];
    if (split === undefined) {
      const rule = "tokenize must be 13a, character, none or a function";
      throw new UsageError("BLEU", rule, { got: String(tokenize) });
    }
    this.name = name;
    this.#options = options;
    this.#order = maxOrder;
    this.#tokenize = split;
    this.reset();
  }

  reset(): void {
    this.#matches = Array<number>(this.#order).fill(0);
    this.#totals = Array<number>(this.#order).fill(0);
    this.#hypothesisLength = 0;
    this.#referenceLength = 0;
    this.#pairs = 0;
  }

  /**
   * @param hypotheses  texts of a model.
   * @param references  for each of them one text, or several.
   * @throws {UsageError} if one has no reference.
   */
  update(hypotheses: readonly string[], references: readonly References[]): void {
    requirePairs("BLEU", hypotheses, references);
    const lists = references.map((one) => (typeof one === "string" ? [one] : one));
    if (lists.some((list) => list.length === 0)) {
      throw new UsageError("BLEU", "every hypothesis must have a reference", { got: "none" });
    }
    hypotheses.forEach((text, i) => {
      this.#add(
        this.#tokens(text),
        (lists[i] as string[]).map((one) => this.#tokens(one)),
      );
    });
  }

  async result(): Promise<number> {
    if (this.#pairs === 0) return NaN;
    const { precisions, brevityPenalty } = this.#details();
    const logs = precisions.map((precision) => Math.log(precision));
    return brevityPenalty * Math.exp(logs.reduce((a, b) => a + b, 0) / this.#order);
  }

  async details(): Promise<BLEUDetails> {
    return this.#details();
  }

  #tokens(text: string): readonly string[] {
    const line = text.trimEnd();
    return this.#tokenize(this.#options.isLowercase === true ? line.toLowerCase() : line);
  }

  #add(hypothesis: readonly string[], references: readonly (readonly string[])[]): void {
    this.#pairs++;
    this.#hypothesisLength += hypothesis.length;
    this.#referenceLength += closestLength(hypothesis.length, references);
    for (let n = 1; n <= this.#order; n++) {
      const wanted = new Map<string, number>();
      for (const reference of references) {
        for (const [key, count] of countNGrams(reference, n)) {
          wanted.set(key, Math.max(count, wanted.get(key) ?? 0));
        }
      }
      const matches = countMatches(countNGrams(hypothesis, n), wanted);
      this.#matches[n - 1] = (this.#matches[n - 1] as number) + matches;
      this.#totals[n - 1] = (this.#totals[n - 1] as number) + nGramTotal(hypothesis.length, n);
    }
  }

  #details(): BLEUDetails {
    const [h, r] = [this.#hypothesisLength, this.#referenceLength];
    const brevityPenalty = h >= r ? 1 : h === 0 ? 0 : Math.exp(1 - r / h);
    const precisions = smoothed(this.#matches, this.#totals, this.#options.smoothing);
    return { precisions, brevityPenalty, hypothesisLength: h, referenceLength: r };
  }
}

/** The length nearest to that of the hypothesis, the shorter one of two. */
function closestLength(length: number, references: readonly (readonly string[])[]): number {
  const lengths = references.map((reference) => reference.length).sort((a, b) => a - b);
  const gap = (other: number): number => Math.abs(other - length);
  return lengths.reduce((best, other) => (gap(other) < gap(best) ? other : best));
}

function smoothed(
  matches: readonly number[],
  totals: readonly number[],
  smoothing: BLEUOptions["smoothing"] = "exponential",
): number[] {
  if (matches.every((count) => count === 0)) return matches.map(() => 0);
  let part = 1;
  return matches.map((count, i) => {
    const extra = smoothing === "addOne" && i > 0 ? 1 : 0;
    const total = (totals[i] as number) + extra;
    if (total === 0) return 0;
    if (count + extra > 0) return (100 * (count + extra)) / total;
    if (smoothing === "exponential") return (100 * (part /= 2)) / total;
    return smoothing === "floor" ? 10 / total : 0;
  });
}
