// What a written report says, in which order.

import { barChart } from "./barChart.ts";
import { comparisonSection } from "./comparisonSection.ts";
import { checkpointSection, curveSection } from "./curveSections.ts";
import { formatBeside, formatEstimate, formatFor, formatNumber } from "./formatNumber.ts";
import { calibrationSection, classSection, sliceSection } from "./partSections.ts";
import type { ReportData } from "./reportData.ts";
import { type ReportRow, rowOf } from "./reportRow.ts";
import { NOTHING, type Section, type Table } from "./section.ts";

/** The best value of a metric among several rows; plain numbers have a best only if lower is. */
function bestOf(
  rows: readonly ReportRow[],
  metric: string,
  { settings, variants }: ReportData,
): number | undefined {
  const values = rows.flatMap((row) => row.metrics[metric]?.value ?? []);
  const isLower = settings.lowerIsBetter.includes(metric);
  const isPlain = variants.some(({ runs: [run] }) => Object.hasOwn(run.metrics, metric));
  if (values.length < 2 || (isPlain && !isLower)) return undefined;
  return isLower ? Math.min(...values) : Math.max(...values);
}

function resultsTable(rows: readonly ReportRow[], data: ReportData): Table {
  const { metrics } = data;
  const best = metrics.map((metric) => bestOf(rows, metric, data));
  const formats = metrics.map((metric) => {
    return formatBeside(rows.flatMap((row) => row.metrics[metric] ?? []));
  });
  return {
    columns: ["Model", "Runs", "Examples", ...metrics],
    rows: rows.map((row) => {
      const cells = metrics.map((metric, i) => {
        const found = row.metrics[metric];
        if (!found) return NOTHING;
        const text = formatEstimate(found, formats[i]);
        return found.value === best[i] ? { strong: text } : text;
      });
      return [row.name, `${row.runs}`, `${row.examples}`, ...cells];
    }),
  };
}

/** Mean and deviation over seeds, where there are several. */
function seedsTable(rows: readonly ReportRow[], metrics: readonly string[]): Table[] {
  const several = rows.filter(({ runs }) => runs > 1);
  if (several.length === 0) return [];
  const formats = metrics.map((metric) => {
    return formatFor(several.map((row) => row.metrics[metric]?.deviation ?? 0));
  });
  const cells = (row: ReportRow): string[] =>
    metrics.map((metric, i) => {
      const { value = 0, deviation } = row.metrics[metric] ?? {};
      if (deviation === undefined) return NOTHING;
      const write = deviation > 0 ? (formats[i] ?? formatNumber) : formatNumber;
      return `${write(value)} ± ${write(deviation)}`;
    });
  return [
    {
      caption: "Mean and standard deviation over seeds",
      columns: ["Model", ...metrics],
      rows: several.map((row) => [row.name, ...cells(row)]),
    },
  ];
}

/** How the intervals were made, in words. */
function intervalNote({ settings, variants }: ReportData): string {
  const { level, method, resamples, seed, over } = settings;
  const hasSeeds = variants.some(({ runs }) => runs.length > 1);
  const both = hasSeeds ? "seeds and examples" : "examples";
  const what = { both, examples: "examples", seeds: "seeds" }[over];
  const name = method === "bca" ? "bias-corrected and accelerated" : "percentile";
  const percent = formatNumber(level * 100);
  return (
    `In brackets: ${percent}% intervals by ${resamples} bootstrap draws of ${what}, ${name}, ` +
    `random seed ${seed}.`
  );
}

function resultsSection(data: ReportData): Section {
  const { metrics, variants, sampling, settings } = data;
  const rows = variants.map((variant) => rowOf(sampling, variant));
  const isLower = metrics.filter((metric) => settings.lowerIsBetter.includes(metric));
  const direction = isLower.length > 0 ? ` Lower is better for ${isLower.join(", ")}.` : "";
  const isDrawn = rows.some((row) => Object.values(row.metrics).some(({ interval }) => interval));
  const charts = metrics.map((metric) => {
    const bars = rows.flatMap(({ name, metrics: own }) => {
      return own[metric] ? [{ ...own[metric], name }] : [];
    });
    return barChart(metric, bars);
  });
  return {
    title: "Results",
    notes: [
      ...(isDrawn ? [intervalNote(data)] : []),
      ...(rows.length > 1 ? [`The best of each column is set off.${direction}`] : []),
    ],
    tables: [resultsTable(rows, data), ...seedsTable(rows, metrics)],
    charts,
  };
}

/** All parts that a report has something to say in. */
export function reportSections(data: ReportData): Section[] {
  return [
    resultsSection(data),
    ...comparisonSection(data),
    ...sliceSection(data),
    ...classSection(data),
    ...calibrationSection(data),
    ...checkpointSection(data),
    ...curveSection(data),
  ];
}
