// A report as plain JSON: its settings and runs, from which everything else follows.

import { DataError, UsageError } from "../errors.ts";
import type { ReportOptions, ReportSettings } from "./reportOptions.ts";
import type { Run, RunResults } from "./run.ts";

const FORMAT = "renga-evaluation";
const VERSION = 1;

/** A report without its functions. */
export interface ReportJson {
  readonly format: "renga-evaluation";
  readonly version: 1;
  readonly options: Omit<ReportOptions, "statistics">;
  /** Names of the statistics. */
  readonly statistics: readonly string[];
  readonly runs: readonly RunResults[];
}

/** Typed arrays, at any depth, as arrays. */
function plain(value: unknown): unknown {
  if (value instanceof Float64Array || value instanceof Int32Array) return Array.from(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The report's file. */
export function encodeReport(settings: ReportSettings, runs: readonly Run[]): ReportJson {
  const { statistics, primary, ...options } = settings;
  return {
    ...{ format: FORMAT, version: VERSION },
    options: primary === undefined ? options : { ...options, primary },
    statistics: Object.keys(statistics),
    runs: runs.map(({ size: _size, ...run }) => plain(run) as RunResults),
  };
}

/**
 * The settings and runs of a report's file; the runs are still to be checked.
 *
 * @throws {DataError} if it is no such file.
 * @throws {UsageError} if a statistic has no function.
 */
export function decodeReport(
  json: unknown,
  statistics: NonNullable<ReportOptions["statistics"]>,
): { options: ReportOptions; runs: readonly RunResults[] } {
  const op = "EvaluationReport.fromJSON";
  const file = json as Partial<Record<keyof ReportJson, unknown>> | null | undefined;
  const { format, version, options: settings } = file ?? {};
  const isWhole = typeof settings === "object" && settings !== null;
  const lists = [file?.runs, file?.statistics];
  if (format !== FORMAT || version !== VERSION || !isWhole || !lists.every(Array.isArray)) {
    throw new DataError(op, `this must be a report of format ${FORMAT}, version ${VERSION}`, {
      got: `format ${String(format)}, version ${String(version)}`,
      remedy: "Pass what JSON.parse gave.",
    });
  }
  const { options, statistics: names, runs } = file as ReportJson;
  const missing = names.find((name) => !Object.hasOwn(statistics, name));
  if (missing !== undefined) {
    throw new UsageError(op, "each statistic of the file must come with its function", {
      got: `none for ${missing}`,
      remedy: `Pass { statistics: { ${names.join(", ")} } } as the second argument.`,
    });
  }
  const own = Object.fromEntries(names.map((name) => [name, statistics[name]]));
  return { options: { ...options, statistics: own as typeof statistics }, runs };
}
