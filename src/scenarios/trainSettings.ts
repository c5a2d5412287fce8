// Settings that every training scenario takes.

import type { Workspace } from "../workspace/workspace.ts";
import type { StopRule } from "./earlyStop.ts";
import { requireCounts } from "./settingChecks.ts";

/** How a training run goes, whatever is trained. */
export interface TrainSettings {
  /** Steps in all, those of a resumed run included. */
  readonly steps: number;
  /**
   * Steps between step events. They come when the GPU has got there, while the next steps are already
   * recorded; those before a save, an evaluation and the end come before it. Default 20.
   */
  readonly logEvery?: number;
  /** Steps between evaluations; always at the end. Default: at the end only. */
  readonly evaluateEvery?: number;
  /** Steps between checkpoints; always at the end. Default: at the end only. */
  readonly saveEvery?: number;
  /** Where checkpoints and metrics.jsonl go. Default: nowhere. */
  readonly workspace?: Workspace;
  /** Go on from the workspace's newest checkpoint, if there is one. Default false. */
  readonly resume?: boolean;
  /** Checkpoints to keep. Default 3. */
  readonly keep?: number;
  /**
   * Record the GPU commands of a step once and send them again: JavaScript inside the model then runs
   * for the first two steps of each batch shape only. Default true.
   */
  readonly compiled?: boolean;
  /** Ends the run when a metric of the evaluations no longer improves. Default: never. */
  readonly stopWhen?: StopRule;
  /**
   * At a loss that is NaN or infinite, whose step changes no parameters: throw, or skip the step. An
   * event tells where it came from either way. Default "throw".
   */
  readonly onNonFinite?: "throw" | "skip";
  /**
   * Seconds between the snapshots in memory from which a run goes on when the GPU is lost. Saves count
   * as snapshots. Default 60; Infinity for none but the first.
   */
  readonly snapshotSeconds?: number;
}

/** @throws {UsageError} unless counts of steps are positive integers. */
export function requireTrainSettings(op: string, settings: TrainSettings): void {
  const { steps, logEvery = 20, evaluateEvery = 1, saveEvery = 1, keep = 1 } = settings;
  requireCounts(op, { steps, logEvery, evaluateEvery, saveEvery, keep });
}
