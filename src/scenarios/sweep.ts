// Sweep: runs with different settings, and which of them are best.

import {
  type AnyRuns,
  type ManyRunsEvent,
  type ManyRunsParts,
  type ManyRunsSettings,
  bestOf,
  manyRuns,
  seedsOf,
} from "./manyRuns.ts";
import type { PlannedRun, RunRecord } from "./runRecord.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { type SearchSpace, type Setting, gridSettings, randomSettings } from "./searchSpace.ts";
import { requireCounts } from "./settingChecks.ts";
import { type Spread, spreads } from "./spread.ts";

/** Settings of `Sweep`. */
export interface SweepSettings<Space extends SearchSpace> extends ManyRunsSettings {
  /** `choice`, `uniform` and `logUniform` by name. */
  readonly space: Space;
  /** Settings to draw by chance. Default: all combinations of a grid. */
  readonly trials?: number;
  /** Decides what is drawn. Default 0. */
  readonly seed?: number;
  /** Seeds, or how many, with which each setting is run. Default 1: seed 0. */
  readonly seeds?: number | readonly number[];
  /** Says which setting is best, by its mean over the seeds. */
  readonly metric: string;
  /** Which way is better. Default "max". */
  readonly mode?: "max" | "min";
}

/** What came of a setting. */
export interface SettingResult<Value> {
  readonly setting: Value;
  /** One per seed. */
  readonly runs: readonly RunRecord<Value>[];
  /** Mean, standard deviation and confidence interval of each number over the seeds. */
  readonly spread: Readonly<Record<string, Spread>>;
}

/** What came of all settings, in the order in which they were tried. */
export interface SweepResult<Value> {
  readonly settings: readonly SettingResult<Value>[];
  /** Undefined if no setting has numbers for all its seeds. */
  readonly best: SettingResult<Value> | undefined;
  /** "aborted" if a signal came before all were done. */
  readonly reason: "runs" | "aborted";
}

/**
 * Runs another scenario with settings of a space, along a grid or by chance.
 *
 *     const space = { learningRate: logUniform(1e-4, 1e-1), width: choice([32, 64, 128]) };
 *     const sweep = new Sweep({ space, trials: 20, seeds: 3, metric: "accuracy", workspace, resume: true });
 *     const { best } = await sweep({
 *       make: ({ setting, files }) => ({ scenario: new SupervisedTrain({ steps, ...files }), parts: … }),
 *     });
 *
 * @see Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization.
 */
export class Sweep<Space extends SearchSpace> extends Scenario<
  AnyRuns<Setting<Space>>,
  SweepResult<Setting<Space>>
> {
  readonly settings: SweepSettings<Space>;

  /** @throws {UsageError} if there is nothing to try. */
  constructor(settings: SweepSettings<Space>) {
    super();
    this.settings = settings;
    requireCounts("Sweep", { trials: settings.trials ?? 1 });
    this.#plans();
  }

  async *run<Parts, Event, Result>(
    parts: ManyRunsParts<Setting<Space>, Parts, Event, Result>,
    options: RunOptions = {},
  ): AsyncGenerator<ManyRunsEvent<Setting<Space>, Event>, SweepResult<Setting<Space>>> {
    const { metric, mode = "max", level = 0.95, seeds = 1 } = this.settings;
    const plans = this.#plans();
    const runs = yield* manyRuns(plans, parts, this.settings, options);
    const each = seedsOf("Sweep", seeds).length;
    const settings: SettingResult<Setting<Space>>[] = [];
    for (let i = 0; i < runs.length; i += each) {
      const own = runs.slice(i, i + each);
      const spread = spreads(
        own.map(({ numbers }) => numbers),
        level,
      );
      settings.push({ setting: (own[0] as (typeof own)[number]).setting, runs: own, spread });
    }
    const whole = ({ spread }: (typeof settings)[number]): Record<string, number> => {
      const entries = Object.entries(spread).filter(([, { count }]) => count === each);
      return Object.fromEntries(entries.map(([name, { mean }]) => [name, mean]));
    };
    const best = bestOf(settings, whole, metric, mode);
    return { settings, best, reason: runs.length < plans.length ? "aborted" : "runs" };
  }

  #plans(): PlannedRun<Setting<Space>>[] {
    const { space, trials, seed = 0, seeds = 1 } = this.settings;
    const settings =
      trials === undefined ? gridSettings(space) : randomSettings(space, trials, seed);
    const all = seedsOf("Sweep", seeds);
    return settings.flatMap((setting, i) => {
      const name = `setting-${String(i).padStart(3, "0")}`;
      return all.map((seed) => ({ name: `${name}/seed-${seed}`, seed, setting }));
    });
  }
}
