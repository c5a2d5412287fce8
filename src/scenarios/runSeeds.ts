// RunSeeds: the same run with several seeds, and how much it varies.

import {
  type AnyRuns,
  type ManyRunsEvent,
  type ManyRunsParts,
  type ManyRunsSettings,
  bestOf,
  manyRuns,
  seedsOf,
} from "./manyRuns.ts";
import type { RunRecord } from "./runRecord.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { type Spread, spreads } from "./spread.ts";

/** Settings of `RunSeeds`. */
export interface RunSeedsSettings extends ManyRunsSettings {
  /** Seeds, or how many: 0, 1, 2 …. */
  readonly seeds: number | readonly number[];
  /** Says which run is best. Default: none is. */
  readonly metric?: string;
  /** Which way is better. Default "max". */
  readonly mode?: "max" | "min";
}

/** A run that differs from others in its seed alone. */
export type SeedSetting = Readonly<Record<never, never>>;

/** What came of all runs. */
export interface RunSeedsResult {
  readonly runs: readonly RunRecord<SeedSetting>[];
  /** Mean, standard deviation and confidence interval of each number. */
  readonly spread: Readonly<Record<string, Spread>>;
  readonly best: RunRecord<SeedSetting> | undefined;
  /** "aborted" if a signal came before all were done. */
  readonly reason: "runs" | "aborted";
}

/**
 * Runs another scenario once per seed, and tells mean and spread of what comes out.
 *
 *     const runs = new RunSeeds({ seeds: 5, workspace, resume: true });
 *     const { spread } = await runs({
 *       make: ({ seed, files }) => ({
 *         scenario: new SupervisedTrain({ steps: 500, ...files }),
 *         parts: { model: new MLP([64, 10]), optimizer: new Adam(), loss, data: loader(seed), evaluate },
 *       }),
 *     });
 *     spread.accuracy; // { count: 5, mean, deviation, interval }
 *
 * @see Bouthillier et al. 2021, Accounting for Variance in Machine Learning Benchmarks.
 */
export class RunSeeds extends Scenario<AnyRuns<SeedSetting>, RunSeedsResult> {
  readonly settings: RunSeedsSettings;

  /** @throws {UsageError} unless there are seeds, each once. */
  constructor(settings: RunSeedsSettings) {
    super();
    seedsOf("RunSeeds", settings.seeds);
    this.settings = settings;
  }

  async *run<Parts, Event, Result>(
    parts: ManyRunsParts<SeedSetting, Parts, Event, Result>,
    options: RunOptions = {},
  ): AsyncGenerator<ManyRunsEvent<SeedSetting, Event>, RunSeedsResult> {
    const { metric, mode = "max", level = 0.95 } = this.settings;
    const seeds = seedsOf("RunSeeds", this.settings.seeds);
    const plans = seeds.map((seed) => ({ name: `seed-${seed}`, seed, setting: {} }));
    const runs = yield* manyRuns(plans, parts, this.settings, options);
    const numbers = runs.map((run) => run.numbers);
    return {
      runs,
      spread: spreads(numbers, level),
      best: metric === undefined ? undefined : bestOf(runs, (run) => run.numbers, metric, mode),
      reason: runs.length < plans.length ? "aborted" : "runs",
    };
  }
}
