// What the parts of a written report are made from.

import type { ReportSettings } from "./reportOptions.ts";
import type { Sampling } from "./sampling.ts";
import type { Variant } from "./variant.ts";

/** The state of a report. */
export interface ReportData {
  readonly settings: ReportSettings;
  readonly sampling: Sampling;
  readonly variants: readonly Variant[];
  /** Names of all metrics. */
  readonly metrics: readonly string[];
  readonly primary: string;
}
