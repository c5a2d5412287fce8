// Two variants on the same examples: how far apart, and whether that is chance.

import { UsageError } from "../errors.ts";
import { holm } from "./holm.ts";
import type { Estimate } from "./interval.ts";
import { isBinary, mcNemar } from "./mcNemar.ts";
import { pairedTTest } from "./pairedTTest.ts";
import { type TestResult, requirePairs } from "./pairs.ts";
import { bootstrapP, differenceOf } from "./sample.ts";
import type { Sampling } from "./sampling.ts";
import { type Variant, requireSameLabels } from "./variant.ts";
import { wilcoxonSignedRank } from "./wilcoxonSignedRank.ts";

/** Tests by name. */
export type TestName = "bootstrap" | "t" | "wilcoxon" | "mcNemar";

/** What a test found, among how many others. */
export interface ComparisonTest extends TestResult {
  /** Holm's p over all pairs of the same comparison; p itself for a single pair. */
  readonly adjusted: number;
}

/** Two models on one metric. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly metric: string;
  readonly examples: number;
  /** a − b with its interval, by the paired bootstrap. */
  readonly difference: Estimate;
  /**
   * Only the bootstrap's where the metric is no mean over examples; McNemar's where every value is
   * 0 or 1 and each model has a single run. t and Wilcoxon's compare means over seeds, example by
   * example: they hold for these trained models. Without a bootstrap where nothing was drawn.
   */
  readonly tests: Readonly<Partial<Record<TestName, ComparisonTest>>>;
}

const OP = "EvaluationReport.compare";

/** Mean over seeds, example by example; undefined for metrics of another kind. */
function exampleMeans({ runs }: Variant, metric: string): Float64Array | undefined {
  const [first, ...others] = runs.map((run) => run.examples[metric]);
  return first?.map((value, i) => {
    const sum = others.reduce((total, values) => total + (values?.[i] as number), value);
    return sum / runs.length;
  });
}

function testsOf(a: Variant, b: Variant, metric: string): Partial<Record<TestName, TestResult>> {
  const [x, y] = [exampleMeans(a, metric), exampleMeans(b, metric)];
  if (!x || !y) return {};
  const isSingle = a.runs.length === 1 && b.runs.length === 1;
  return {
    ...(x.length > 1 ? { t: pairedTTest(x, y) } : {}),
    wilcoxon: wilcoxonSignedRank(x, y),
    ...(isSingle && isBinary(x) && isBinary(y) ? { mcNemar: mcNemar(x, y) } : {}),
  };
}

/** One pair, not yet adjusted for others. */
function comparePair(sampling: Sampling, a: Variant, b: Variant, metric: string): Comparison {
  const [first, second] = [a.runs[0], b.runs[0]];
  if (a.name === b.name) {
    throw new UsageError(OP, "a comparison needs two models", { got: `${a.name} twice` });
  }
  if (Object.hasOwn(first.metrics, metric) || Object.hasOwn(second.metrics, metric)) {
    throw new UsageError(OP, "a metric must come from examples to be compared", {
      got: `${metric}, a plain number`,
      remedy: "Give values per example, or a statistic.",
    });
  }
  requirePairs(OP, first.size, second.size);
  requireSameLabels(OP, first, second);
  const difference = differenceOf(sampling.of(a, metric), sampling.of(b, metric));
  const { value, replicates } = difference;
  const bootstrap = replicates && {
    ...{ method: "paired bootstrap", statistic: value, p: bootstrapP(replicates) },
  };
  const tests = { ...(bootstrap ? { bootstrap } : {}), ...testsOf(a, b, metric) };
  return {
    ...{ a: a.name, b: b.name, metric, examples: first.size },
    difference: sampling.estimate(difference),
    tests: Object.fromEntries(
      Object.entries(tests).map(([name, test]) => [name, { ...test, adjusted: test.p }]),
    ),
  };
}

/**
 * All pairs, each test adjusted by Holm over them.
 *
 * @throws {UsageError} if the metric is a plain number or unknown, or a pair is one model twice.
 * @throws {DataError} if the examples of a pair are not the same.
 */
export function comparePairs(
  sampling: Sampling,
  pairs: readonly (readonly [Variant, Variant])[],
  metric: string,
): Comparison[] {
  const compared = pairs.map(([a, b]) => comparePair(sampling, a, b, metric));
  const adjusted = (["bootstrap", "t", "wilcoxon", "mcNemar"] as const).map((name) => {
    const tested = compared.filter(({ tests }) => tests[name]);
    const p = holm(tested.map(({ tests }) => tests[name]?.p as number));
    return { name, of: new Map(tested.map((comparison, i) => [comparison, p[i] as number])) };
  });
  return compared.map((comparison) => {
    const tests = adjusted.flatMap(({ name, of }) => {
      const test = comparison.tests[name];
      return test ? [[name, { ...test, adjusted: of.get(comparison) as number }] as const] : [];
    });
    return { ...comparison, tests: Object.fromEntries(tests) };
  });
}
