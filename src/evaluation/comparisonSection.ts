// The part of a written report that compares models pair by pair.

import { type Comparison, type TestName, comparePairs } from "./comparison.ts";
import { formatBeside, formatEstimate, formatP } from "./formatNumber.ts";
import { metricsOf } from "./metricScore.ts";
import type { ReportData } from "./reportData.ts";
import { NOTHING, type Section, type Table } from "./section.ts";
import { type Variant, haveSameExamples } from "./variant.ts";

/** With more models, each is compared with the first alone. */
const MAX_ALL_PAIRS = 5;

const TESTS: readonly (readonly [TestName, string])[] = [
  ["bootstrap", "p, bootstrap"],
  ["mcNemar", "p, McNemar"],
  ["t", "p, t"],
  ["wilcoxon", "p, Wilcoxon"],
];

/** Whether a metric of a variant comes from examples. */
function hasExamples({ runs: [run] }: Variant, metric: string, data: ReportData): boolean {
  const isThere = metricsOf(run, data.settings).includes(metric);
  return isThere && !Object.hasOwn(run.metrics, metric);
}

function comparisonTable(metric: string, comparisons: readonly Comparison[], alpha: number): Table {
  const tests = TESTS.filter(([name]) => comparisons.some((comparison) => comparison.tests[name]));
  const write = formatBeside(comparisons.map(({ difference }) => difference));
  return {
    caption: metric,
    columns: ["Pair", "Difference", ...tests.map(([, title]) => title)],
    rows: comparisons.map((comparison) => {
      const text = formatEstimate(comparison.difference, write);
      const isClear = (comparison.tests.bootstrap?.adjusted ?? 1) < alpha;
      return [
        `${comparison.a} − ${comparison.b}`,
        isClear ? { strong: text } : text,
        ...tests.map(([name]) => {
          const test = comparison.tests[name];
          return test ? formatP(test.adjusted) : NOTHING;
        }),
      ];
    }),
  };
}

/** A table for each metric that comes from examples; nothing for a single model. */
export function comparisonSection(data: ReportData): Section[] {
  const { variants, metrics, sampling, settings } = data;
  const pairs = variants.flatMap((a, i) => variants.slice(i + 1).map((b) => [a, b] as const));
  const isMany = variants.length > MAX_ALL_PAIRS;
  const chosen = isMany
    ? variants.slice(1).map((a) => [a, variants[0] as Variant] as const)
    : pairs;
  const same = chosen.filter(([a, b]) => haveSameExamples(a.runs[0], b.runs[0]));
  const alpha = 1 - settings.level;
  const tables = metrics.flatMap((metric) => {
    const own = same.filter((pair) => pair.every((v) => hasExamples(v, metric, data)));
    const comparisons = comparePairs(sampling, own, metric);
    return own.length > 0 ? [comparisonTable(metric, comparisons, alpha)] : [];
  });
  if (tables.length === 0) return [];
  const notes = [
    "Differences on the same examples. p is two-sided and adjusted by Holm over the pairs of a " +
      `table; set off are differences whose bootstrap p is below ${Number(alpha.toPrecision(6))}.`,
    ...(isMany ? [`Each model is compared with the first, ${variants[0]?.name}.`] : []),
    ...(same.length < chosen.length ? ["Pairs without the same examples are left out."] : []),
  ];
  return [{ title: "Comparisons", notes, tables }];
}
