// What happens in a training run.

import type { EvaluateResult } from "./evaluate.ts";

/** Pipelines of a step were compiled. These events come first. */
export interface PrepareEvent {
  readonly type: "prepare";
  readonly done: number;
  readonly total: number;
}

/** The run begins, or goes on after a step. */
export interface StartEvent {
  readonly type: "start";
  readonly step: number;
  readonly steps: number;
}

/** Losses of the steps since the last such event. */
export interface StepEvent {
  readonly type: "step";
  readonly step: number;
  /** Of the first feed, if it has epochs. */
  readonly epoch: number | undefined;
  /** The first of `losses`. */
  readonly loss: number;
  /** Means over the steps, by name. */
  readonly losses: Readonly<Record<string, number>>;
  readonly learningRate: number | undefined;
  readonly examplesPerSecond: number;
}

/** The model was evaluated. */
export interface EvaluationEvent {
  readonly type: "evaluation";
  readonly step: number;
  readonly metrics: EvaluateResult;
}

/** A checkpoint was written. */
export interface SaveEvent {
  readonly type: "save";
  readonly step: number;
  readonly path: string;
}

/** A loss was NaN or infinite; the step changed no parameters. */
export interface NonFiniteEvent {
  readonly type: "nonFinite";
  readonly step: number;
  /** Name of the loss. */
  readonly loss: string;
  /**
   * The first module whose output is not finite, or that has such a variable; if it is found. Of many
   * steps that are heard of at once it is looked for in the first eight.
   */
  readonly module: string | undefined;
  /** Variables that are not finite. */
  readonly variables: readonly string[];
  /** Fields of the batch that are not finite. */
  readonly fields: readonly string[];
}

/** The GPU was lost; the run goes on from its last snapshot, after `step`. */
export interface RecoveryEvent {
  readonly type: "recovery";
  readonly step: number;
  readonly reason: string;
}

/** What happens in a run, in order. */
export type TrainEvent =
  | PrepareEvent
  | StartEvent
  | StepEvent
  | EvaluationEvent
  | SaveEvent
  | NonFiniteEvent
  | RecoveryEvent;

/** What a run leaves behind. */
export interface TrainResult {
  readonly step: number;
  /** The last that was reported. */
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
  /** Of the last evaluation. */
  readonly metrics: EvaluateResult;
  /** Why it ended: all steps are done, the data are, the metric no longer improves, or a signal came. */
  readonly reason: "steps" | "data" | "early stop" | "aborted";
}
