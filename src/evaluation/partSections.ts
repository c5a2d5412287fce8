// The parts of a written report about slices, classes and calibration.

import { calibrationBins } from "./calibration.ts";
import { type ClassResult, classResults, confusionOf } from "./classResults.ts";
import { confusionMatrix } from "./confusionMatrix.ts";
import { formatBeside, formatEstimate } from "./formatNumber.ts";
import { metricsOf } from "./metricScore.ts";
import { reliabilityDiagram } from "./reliabilityDiagram.ts";
import type { ReportData } from "./reportData.ts";
import { type Cell, NOTHING, type Section, type Table } from "./section.ts";
import { type SliceResult, sliceResults, worstOf } from "./sliceResults.ts";
import type { Variant } from "./variant.ts";

/** Larger matrices are no picture any more. */
const MAX_CLASSES = 60;
const BINS = 10;

/** Variants whose primary metric comes from examples. */
function withExamples({ variants, primary, settings }: ReportData): Variant[] {
  return variants.filter(({ runs: [run] }) => {
    const isThere = metricsOf(run, settings).includes(primary);
    return isThere && !Object.hasOwn(run.metrics, primary);
  });
}

/** Rows by name, a column for each variant. */
function sideBySide<T extends { readonly examples: number }>(
  title: string,
  columns: readonly { readonly name: string; readonly results: readonly T[] }[],
  nameOf: (result: T) => string,
  textOf: (result: T) => Cell,
): Table {
  const names = [...new Set(columns.flatMap(({ results }) => results.map(nameOf)))];
  const found = columns.map(({ results }) => new Map(results.map((r) => [nameOf(r), r])));
  return {
    columns: [title, "Examples", ...columns.map(({ name }) => name)],
    rows: names.map((name) => {
      const results = found.map((column) => column.get(name));
      const examples = results.find((result) => result)?.examples;
      return [name, `${examples}`, ...results.map((result) => (result ? textOf(result) : NOTHING))];
    }),
  };
}

/** The primary metric on each slice, and the worst slices of each model. */
export function sliceSection(data: ReportData): Section[] {
  const { sampling, primary, settings } = data;
  const columns = withExamples(data)
    .map((variant) => {
      return { name: variant.name, results: sliceResults(sampling, variant, primary) };
    })
    .filter(({ results }) => results.length > 0);
  if (columns.length === 0) return [];
  const isLower = settings.lowerIsBetter.includes(primary);
  const write = formatBeside(columns.flatMap(({ results }) => results));
  const worst = columns.flatMap(({ name, results }) =>
    worstOf(results, isLower, { count: 3 }).map((result) => [
      ...[name, result.slice, `${result.examples}`, formatEstimate(result, write)],
      write(result.gap),
    ]),
  );
  const nameOf = ({ slice }: SliceResult): string => slice;
  const textOf = (result: SliceResult): string => formatEstimate(result, write);
  const all = { caption: primary, ...sideBySide("Slice", columns, nameOf, textOf) };
  const columnsOfWorst = ["Model", "Slice", "Examples", primary, "Minus overall"];
  const caption = "Worst slices with ten examples or more";
  const found = { caption, columns: columnsOfWorst, rows: worst, names: 2 };
  return [{ title: "Slices", tables: worst.length > 0 ? [all, found] : [all] }];
}

/** The primary metric on each class, and confusion matrices. */
export function classSection(data: ReportData): Section[] {
  const { sampling, primary, settings } = data;
  const labelled = withExamples(data).filter(({ runs: [run] }) => run.labels);
  const predicted = labelled.filter(({ runs }) => runs.every(({ predictions }) => predictions));
  const columns = labelled.map((variant) => {
    return { name: variant.name, results: classResults(sampling, variant, primary) };
  });
  if (columns.length === 0) return [];
  const nameOf = (result: ClassResult): string => result.class;
  const write = formatBeside(columns.flatMap(({ results }) => results));
  const textOf = (result: ClassResult): string => formatEstimate(result, write);
  const percent = (value: number | undefined): string =>
    value === undefined ? NOTHING : value.toFixed(3);
  const precision = ({ precision: p, recall: r, f1 }: ClassResult): string =>
    [p, r, f1].map(percent).join(" / ");
  const isPredicted = (name: string): boolean => predicted.some((variant) => variant.name === name);
  const own = columns.filter(({ name }) => isPredicted(name));
  const rates = {
    caption: "Precision / recall / F1",
    ...sideBySide("Class", own, nameOf, precision),
  };
  const matrices = predicted.map((variant) => {
    return { name: variant.name, matrix: confusionOf(variant, settings.classes) };
  });
  const small = matrices.filter(({ matrix }) => matrix.length <= MAX_CLASSES);
  const isLarge = small.length < matrices.length;
  return [
    {
      title: "Classes",
      notes: isLarge ? [`Matrices of more than ${MAX_CLASSES} classes are not drawn.`] : [],
      tables: [
        { caption: primary, ...sideBySide("Class", columns, nameOf, textOf) },
        ...(own.length > 0 ? [rates] : []),
      ],
      charts: small.map(({ name, matrix }) => confusionMatrix(name, matrix, settings.classes)),
    },
  ];
}

/** Reliability diagrams of the models that gave confidences. */
export function calibrationSection({ variants }: ReportData): Section[] {
  const sure = variants.filter(({ runs }) =>
    runs.every((run) => run.labels && run.predictions && run.confidences),
  );
  if (sure.length === 0) return [];
  const charts = sure.map(({ name, runs }) =>
    reliabilityDiagram(name, calibrationBins(runs, BINS)),
  );
  const note = "Bars show accuracy at each confidence; on the dashed line both agree.";
  return [{ title: "Calibration", notes: [note], charts }];
}
