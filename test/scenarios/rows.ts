// What test/scenarios/everyScenario.test.ts knows of a scenario.

import { DataLoader, type HostArray, dataset } from "../../src/data/index.ts";
import type { RunOptions, TrainSettings } from "../../src/scenarios/index.ts";
import { numbers } from "../support/check.ts";

/** Losses or numbers of a result by name, one for each step or place. */
export type Curves = Readonly<Record<string, readonly number[]>>;

/** What events have in them, as far as a row's checks look: those of a run in a run one level down. */
export interface Told {
  readonly type: string;
  readonly step?: number;
  readonly losses?: Readonly<Record<string, number>>;
  readonly event?: Told;
}

/** A training that has not begun. */
export interface Training {
  readonly begin: (options: RunOptions) => AsyncGenerator<Told, unknown>;
  /** In which whatever has variables trains. */
  readonly parts: object;
}

/** Settings of every training of the table. */
export type RowSettings = Pick<
  TrainSettings,
  "steps" | "logEvery" | "saveEvery" | "compiled" | "workspace" | "resume"
>;

/** Makes the same training each time, seeds and all. */
export type TrainingRow = (settings: RowSettings) => Training;

/** The same numbers each time. Scenarios that record commands do so or not. */
export type InferenceRow = (settings: { readonly compiled: boolean }) => Promise<Curves>;

/** A scenario with its parts. */
export function training<Parts extends object>(
  scenario: { run(parts: Parts, options?: RunOptions): AsyncGenerator<Told, unknown> },
  parts: Parts,
): Training {
  return { begin: (options) => scenario.run(parts, options), parts };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Numbers in [−1, 1). */
export function floats(shape: readonly number[], seed = 1): HostArray {
  return { dtype: "f32", shape, data: numbers(sizeOf(shape), seed) };
}

/** Whole numbers below a bound, in turn. */
export function codes(shape: readonly number[], below: number): HostArray {
  const data = Int32Array.from({ length: sizeOf(shape) }, (_, i) => i % below);
  return { dtype: "i32", shape, data };
}

/** Batches in an order that differs from epoch to epoch. */
export function shuffled(fields: Readonly<Record<string, HostArray>>, batchSize = 8): DataLoader {
  return new DataLoader(dataset(fields), { batchSize, shuffle: true, seed: 1 });
}
