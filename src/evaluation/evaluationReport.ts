// EvaluationReport: models, seeds and checkpoints side by side, with how sure the numbers are.

import { UsageError } from "../errors.ts";
import { type CalibrationBin, calibrationBins } from "./calibration.ts";
import { type ClassResult, classResults, confusionOf } from "./classResults.ts";
import { type Comparison, comparePairs } from "./comparison.ts";
import { metricsOf, scoreOf } from "./metricScore.ts";
import { htmlPage } from "./htmlPage.ts";
import { markdownPage } from "./markdownPage.ts";
import type { ReportData } from "./reportData.ts";
import { type ReportJson, decodeReport, encodeReport } from "./reportJson.ts";
import { type ReportOptions, type ReportSettings, checkReportOptions } from "./reportOptions.ts";
import { type ReportRow, rowOf, singles } from "./reportRow.ts";
import { reportSections } from "./reportSections.ts";
import { allRows } from "./resample.ts";
import { type Run, type RunResults, checkRun } from "./run.ts";
import { Sampling } from "./sampling.ts";
import {
  type SliceResult,
  type WorstSlicesOptions,
  sliceResults,
  worstOf,
} from "./sliceResults.ts";
import { type Variant, findVariant, requireSibling, variantName, variantsOf } from "./variant.ts";

/** Which pairs to compare, on what. */
export interface ComparisonOptions {
  /** Default: the report's primary metric. */
  readonly metric?: string;
  /** Compares this one with each other; without it, every pair. */
  readonly baseline?: string;
}

/** Where a report is written: a `Workspace`, or anything else that takes files. */
export interface ReportFiles {
  write(path: string, bytes: Uint8Array): Promise<void> | void;
}

/**
 * Compares models, seeds and checkpoints on the same examples. Runs of one model and checkpoint
 * that differ in their seeds make one row, the mean over seeds. A row is called by its model's
 * name, with " @ " and the checkpoint where there is one.
 *
 *   const report = new EvaluationReport({ statistics: { macroF1 }, classes });
 *   report.add({ model: "cnn", seed: 0, labels, predictions, examples: { loss } });
 *   report.compare("cnn", "mlp").tests.mcNemar?.p;
 *   await report.save(workspace, "report"); // report.json, report.md and report.html
 *
 * Intervals are bootstraps of examples and seeds; all rows share their draws of examples, so that
 * differences are paired.
 */
export class EvaluationReport {
  readonly settings: ReportSettings;
  readonly #runs: Run[] = [];
  #variants: readonly Variant[] = [];
  #sampling: Sampling;

  /** @throws {UsageError} if an option cannot be. */
  constructor(options: ReportOptions = {}) {
    this.settings = checkReportOptions(options);
    this.#sampling = new Sampling(this.settings);
  }

  /**
   * A report that was written as JSON.
   *
   * @param json  What `JSON.parse` gave.
   * @param statistics  The functions of its statistics, which JSON cannot hold.
   * @throws {DataError} if it is no report, or damaged.
   * @throws {UsageError} if a function is missing.
   */
  static fromJSON(
    json: unknown,
    { statistics = {} }: Pick<ReportOptions, "statistics"> = {},
  ): EvaluationReport {
    const { options, runs } = decodeReport(json, statistics);
    const report = new EvaluationReport(options);
    for (const run of runs) report.add(run);
    return report;
  }

  /**
   * Adds the results of one run; a copy is kept.
   *
   * @throws {UsageError} if it has no model or no metric, or repeats a seed or a metric's name.
   * @throws {DataError} if it is empty, lengths differ, or a number is not finite.
   */
  add(results: RunResults): this {
    const { classes } = this.settings;
    const run = checkRun(results, classes.length || Infinity);
    const metrics = metricsOf(run, this.settings);
    const repeated = metrics.find((name, i) => metrics.indexOf(name) < i);
    if (metrics.length === 0 || repeated !== undefined) {
      const rule = repeated === undefined ? "a run needs a metric" : "metrics need a name each";
      const got = repeated === undefined ? "none" : `${repeated} twice`;
      throw new UsageError("EvaluationReport.add", rule, { got });
    }
    // A statistic that this run cannot give says so here, before anything is kept.
    for (const metric of metrics) scoreOf(run, metric, this.settings)(allRows(run.size));
    const name = variantName(run);
    requireSibling(
      run,
      this.#runs.filter((other) => variantName(other) === name),
    );
    this.#runs.push(run);
    this.#variants = variantsOf(this.#runs);
    this.#sampling = new Sampling(this.settings);
    return this;
  }

  /** What was added, checked. */
  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** Names of the rows. */
  get models(): string[] {
    return this.#variants.map(({ name }) => name);
  }

  /** Names of all metrics. */
  get metrics(): string[] {
    return [...new Set(this.#runs.flatMap((run) => metricsOf(run, this.settings)))];
  }

  /**
   * The metric that is meant where none is named.
   *
   * @throws {UsageError} if there is no run yet.
   */
  get primary(): string {
    const primary = this.settings.primary ?? this.metrics[0];
    if (primary !== undefined) return primary;
    throw new UsageError("EvaluationReport", "there must be a run", { remedy: "Call add first." });
  }

  /** Whether smaller values of a metric are better. */
  isLowerBetter(metric: string): boolean {
    return this.settings.lowerIsBetter.includes(metric);
  }

  /** All metrics with their intervals: a row for each model and checkpoint, or for each run. */
  table({ by = "model" }: { readonly by?: "model" | "run" } = {}): ReportRow[] {
    const variants = by === "run" ? this.#variants.flatMap(singles) : this.#variants;
    return variants.map((variant) => rowOf(this.#sampling, variant));
  }

  /**
   * Two models on the same examples: a − b, and tests of whether it is zero.
   *
   * @throws {UsageError} if there is no such model or metric, or the metric has no examples.
   * @throws {DataError} if the two have not the same examples.
   */
  compare(a: string, b: string, { metric }: { readonly metric?: string } = {}): Comparison {
    const pair = [this.#find("compare", a), this.#find("compare", b)] as const;
    return comparePairs(this.#sampling, [pair], metric ?? this.primary)[0] as Comparison;
  }

  /**
   * Every pair, or each model against `baseline`; each test adjusted by Holm over all of them.
   *
   * @throws as `compare`.
   */
  comparisons({ metric, baseline }: ComparisonOptions = {}): Comparison[] {
    const variants = this.#variants;
    const base = baseline === undefined ? undefined : this.#find("comparisons", baseline);
    const pairs = base
      ? variants.filter((other) => other !== base).map((other) => [other, base] as const)
      : variants.flatMap((a, i) => variants.slice(i + 1).map((b) => [a, b] as const));
    return comparePairs(this.#sampling, pairs, metric ?? this.primary);
  }

  /**
   * A metric on the examples of each class that occurs.
   *
   * @throws {UsageError} if there is no such model or metric, or it came without labels.
   */
  byClass(model: string, { metric }: { readonly metric?: string } = {}): ClassResult[] {
    return classResults(this.#sampling, this.#find("byClass", model), metric ?? this.primary);
  }

  /**
   * A metric on each slice.
   *
   * @throws {UsageError} if there is no such model or metric.
   */
  bySlice(model: string, { metric }: { readonly metric?: string } = {}): SliceResult[] {
    return sliceResults(this.#sampling, this.#find("bySlice", model), metric ?? this.primary);
  }

  /**
   * The slices on which a model is worst, the worst first.
   *
   * @throws as `bySlice`.
   */
  worstSlices(model: string, options: WorstSlicesOptions = {}): SliceResult[] {
    const metric = options.metric ?? this.primary;
    return worstOf(this.bySlice(model, { metric }), this.isLowerBetter(metric), options);
  }

  /**
   * How many examples of each label (rows) were taken for each class (columns), over all seeds.
   *
   * @throws {UsageError} if there is no such model, or it came without labels and predictions.
   */
  confusion(model: string): number[][] {
    return confusionOf(this.#find("confusion", model), this.settings.classes);
  }

  /**
   * Confidence and accuracy in bins of equal width, over all seeds.
   *
   * @throws {UsageError} if there is no such model, or it came without confidences.
   */
  calibration(model: string, { bins = 10 }: { readonly bins?: number } = {}): CalibrationBin[] {
    return calibrationBins(this.#find("calibration", model).runs, bins);
  }

  /** The settings and runs; the numbers follow from them. */
  toJSON(): ReportJson {
    return encodeReport(this.settings, this.#runs);
  }

  /**
   * Tables to read as text.
   *
   * @throws {UsageError} if there is no run yet.
   */
  toMarkdown(): string {
    return markdownPage(this.settings.title, reportSections(this.#data()));
  }

  /**
   * A page of tables and charts that needs no other file.
   *
   * @throws {UsageError} if there is no run yet.
   */
  toHTML(): string {
    return htmlPage(this.settings.title, reportSections(this.#data()));
  }

  /**
   * Writes `path`.json, `path`.md and `path`.html.
   *
   * @throws {UsageError} if there is no run yet.
   */
  async save(files: ReportFiles, path: string): Promise<void> {
    const encoder = new TextEncoder();
    const texts = { json: JSON.stringify(this), md: this.toMarkdown(), html: this.toHTML() };
    for (const [kind, text] of Object.entries(texts)) {
      await files.write(`${path}.${kind}`, encoder.encode(text));
    }
  }

  #data(): ReportData {
    const { settings, metrics, primary } = this;
    return { settings, metrics, primary, sampling: this.#sampling, variants: this.#variants };
  }

  #find(method: string, name: string): Variant {
    return findVariant(`EvaluationReport.${method}`, this.#variants, name);
  }
}
