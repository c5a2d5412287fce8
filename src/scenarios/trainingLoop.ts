// The loop that training scenarios use: steps by key over data by key, with events, checkpoints,
// evaluation, early stop, a watch for numbers that are not finite, and recovery of a lost GPU.

import type { Batch } from "../data/dataLoader.ts";
import type { Feed } from "../data/feed.ts";
import { NonFiniteError, UsageError } from "../errors.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Checkpoint } from "../workspace/checkpoint.ts";
import { RunLog } from "../workspace/runLog.ts";
import { EarlyStop } from "./earlyStop.ts";
import type { EvaluateResult } from "./evaluate.ts";
import { type Blame, findNonFinite } from "./nonFinite.ts";
import { type Passed, Progress, type Scalar } from "./progress.ts";
import { Recovery } from "./recovery.ts";
import { reported } from "./reported.ts";
import { RunFiles } from "./runFiles.ts";
import type { RunOptions } from "./scenario.ts";
import type { PrepareEvent, StepEvent, TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainSettings } from "./trainSettings.ts";
import {
  type TrainingParts,
  captureTraining,
  restoreTraining,
  withoutConstants,
} from "./trainingState.ts";
import { TrainStep, type Update } from "./update.ts";

/** What a scenario trains, and how. */
export interface Training {
  /** Of the scenario, for messages. */
  readonly name: string;
  /** What checkpoints hold besides the optimizers, by name: modules, averages. */
  readonly modules: Readonly<Record<string, { readonly variables: readonly Variable[] }>>;
  /** Of their variables those that never change, and that whoever resumes has: files leave them out. */
  readonly constants?: readonly Variable[] | undefined;
  /** Batches by key. */
  readonly data: Readonly<Record<string, Feed>>;
  /** What a step does with the batch of each key, in this order. */
  readonly updates: Readonly<Record<string, Update>>;
  /** How many batches of a key make a step. Default 1. */
  readonly repeats?: Readonly<Record<string, number>> | undefined;
  /** What else is told and logged, from the means of the losses by name. */
  readonly derived?:
    ((losses: Readonly<Record<string, number>>) => Readonly<Record<string, number>>) | undefined;
  /** Called every so often: an `Evaluate` with its parts. */
  readonly evaluate?: (() => Promise<EvaluateResult>) | undefined;
  /** Whose state is saved too. Default: the library's. */
  readonly generator?: Generator | undefined;
  /** Runs on the host before each step, counted from 0. */
  readonly before?: ((step: number) => void | Promise<void>) | undefined;
}

/** Where a run stood at a step. */
interface Place {
  readonly step: number;
  readonly epoch: number | undefined;
  readonly learningRate: number | undefined;
}

/** A batch that was used, by what it takes to get it again. */
interface Used {
  readonly step: number;
  readonly key: string;
  /** Of the feed before it. */
  readonly place: unknown;
}

/** What is to be done after a step. */
interface Due {
  readonly log: boolean;
  readonly evaluate: boolean;
  readonly save: boolean;
}

/**
 * Runs a training to its end and tells what happens.
 *
 * A step takes, for each key of `updates` in order, a batch of `data[key]`, and minimises the loss. It is
 * compiled, and no step waits for a loss.
 *
 * @throws {UsageError}      if updates and data do not have the same keys.
 * @throws {NonFiniteError}  at a loss that is NaN or infinite, unless settings say to skip it.
 */
export async function* trainingLoop(
  settings: TrainSettings,
  training: Training,
  options: RunOptions = {},
): AsyncGenerator<TrainEvent, TrainResult> {
  const loop = new Loop(settings, training, options);
  const recovery = new Recovery();
  try {
    yield* loop.prepare();
    yield await loop.start();
    for (;;) {
      try {
        yield* loop.steps();
        return loop.result();
      } catch (error) {
        const reason = await recovery.after(error, loop.step);
        await loop.recover();
        yield { type: "recovery", step: loop.step, reason };
      }
    }
  } finally {
    loop.close();
  }
}

class Loop {
  step = 0;
  readonly #settings: TrainSettings;
  readonly #training: Training;
  readonly #signal: AbortSignal | undefined;
  readonly #steps: Readonly<Record<string, TrainStep>>;
  readonly #files: RunFiles | undefined;
  readonly #log: RunLog | undefined;
  readonly #stop: EarlyStop | undefined;
  #progress: Progress<Place, Used> | undefined;
  #parts: TrainingParts | undefined;
  #snapshot: Checkpoint | undefined;
  #snapshotAt = 0;
  #reason: TrainResult["reason"] = "steps";
  #losses: Readonly<Record<string, number>> = {};
  #metrics: EvaluateResult = {};

  constructor(settings: TrainSettings, training: Training, { signal }: RunOptions) {
    requireKeys(training);
    this.#settings = settings;
    this.#training = training;
    this.#signal = signal;
    const { workspace, keep, compiled = true, stopWhen } = settings;
    const entries = Object.entries(training.updates);
    this.#steps = Object.fromEntries(
      entries.map(([key, update]) => {
        return [key, new TrainStep(entries.length > 1 ? key : "loss", update, compiled)];
      }),
    );
    if (workspace !== undefined) {
      this.#files = new RunFiles(workspace, keep);
      this.#log = new RunLog(workspace);
    }
    if (stopWhen !== undefined) this.#stop = new EarlyStop(stopWhen);
  }

  /** Lets every step see a batch, so that variables and slots exist, and compiles pipelines. */
  async *prepare(): AsyncGenerator<PrepareEvent> {
    for (const [key, step] of Object.entries(this.#steps)) {
      const first = await this.#feed(key).peek();
      if (first !== undefined)
        yield* reported<PrepareEvent, void>((tell) => step.warmUp(first, tell));
      else step.prepare();
    }
    this.#parts = this.#collect();
  }

  /** Goes to where the run begins. */
  async start(): Promise<TrainEvent> {
    const saved = this.#settings.resume ? await this.#files?.latest() : undefined;
    if (saved !== undefined) this.#restore(saved);
    if (this.step === 0) await this.#settings.workspace?.remove("metrics.jsonl");
    else await this.#log?.truncateAfter(this.step);
    await this.#takeSnapshot();
    return { type: "start", step: this.step, steps: this.#settings.steps };
  }

  async *steps(): AsyncGenerator<TrainEvent> {
    const { steps } = this.#settings;
    const progress = (this.#progress = new Progress<Place, Used>());
    let savedAt = this.step;
    this.#reason = "steps";
    while (this.step < steps) {
      if (this.#signal?.aborted) this.#reason = "aborted";
      if (this.#reason !== "steps") break;
      if (!(await this.#take(progress))) {
        this.#reason = "data";
        break;
      }
      const due = this.#due();
      if (due.log) progress.mark(this.#place());
      yield* this.#tell(progress, await progress.passed(due.evaluate || due.save));
      if (due.evaluate) yield await this.#evaluate();
      if (due.save || performance.now() > this.#snapshotAt) {
        const event = await this.#save(due.save);
        if (event !== undefined) yield event;
        if (due.save) savedAt = this.step;
      }
      if (due.evaluate || due.save) progress.resume();
    }
    yield* this.#tell(progress, await progress.passed(true));
    if (this.#files === undefined || savedAt === this.step) return;
    const event = await this.#save(true);
    if (event !== undefined) yield event;
  }

  result(): TrainResult {
    const loss = Object.values(this.#losses)[0] ?? NaN;
    const losses = this.#losses;
    return { step: this.step, loss, losses, metrics: this.#metrics, reason: this.#reason };
  }

  /** Goes back to the last snapshot, on another device. */
  async recover(): Promise<void> {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    for (const { variables } of Object.values(this.#training.modules)) {
      for (const variable of variables) variable.renew();
    }
    for (const step of Object.values(this.#steps)) step.prepare();
    this.#parts = this.#collect();
    this.#restore(snapshot);
    await this.#log?.truncateAfter(this.step);
  }

  close(): void {
    this.#progress?.close();
    for (const step of Object.values(this.#steps)) step.close();
  }

  /** What checkpoints hold: the modules' variables, and the slots that optimizers have now. */
  #collect(): TrainingParts {
    const { modules, constants = [], data, generator = defaultGenerator } = this.#training;
    const steps = Object.entries(this.#steps);
    const groups = Object.entries(modules).map(([name, { variables }]) => [name, variables]);
    const slots = steps.map(([key, { update }]) => {
      return [steps.length > 1 ? `optimizer.${key}` : "optimizer", update.optimizer.variables];
    });
    const variables = Object.fromEntries([...groups, ...slots]);
    return { variables, data, generator, constants: new Set(constants) };
  }

  #feed(key: string): Feed {
    return this.#training.data[key] as Feed;
  }

  #restore(checkpoint: Checkpoint): void {
    const { step, stop } = restoreTraining(this.#parts as TrainingParts, checkpoint);
    this.step = step;
    if (stop !== undefined) this.#stop?.restore(stop);
    this.#snapshot = checkpoint;
  }

  /** Records one step; false when the data have come to their end. */
  async #take(progress: Progress<Place, Used>): Promise<boolean> {
    const { before, repeats } = this.#training;
    await before?.(this.step);
    for (const [key, step] of Object.entries(this.#steps)) {
      const { optimizer, schedule } = step.update;
      if (schedule !== undefined) optimizer.learningRate = schedule(this.step);
      for (let i = 0; i < (repeats?.[key] ?? 1); i++) {
        const feed = this.#feed(key);
        const place = canGoBack(feed) ? feed.state() : undefined;
        const batch = await feed.next();
        if (batch === undefined) return false;
        const examples = Object.values(batch)[0]?.shape[0] ?? 0;
        progress.add(step.take(batch), examples, { step: this.step + 1, key, place });
      }
    }
    this.step++;
    return true;
  }

  #place(): Place {
    const [first] = Object.keys(this.#steps) as [string];
    const { epoch } = (this.#feed(first).state() ?? {}) as { epoch?: number };
    const { learningRate } = (this.#steps[first] as TrainStep).update.optimizer;
    return { step: this.step, epoch, learningRate };
  }

  /** What comes after a step. */
  #due(): Due {
    const { steps, logEvery = 20, evaluateEvery, saveEvery } = this.#settings;
    const isLast = this.step === steps;
    const isMultiple = (every: number | undefined): boolean =>
      every !== undefined && this.step % every === 0;
    return {
      log: isLast || isMultiple(logEvery),
      evaluate: this.#training.evaluate !== undefined && (isLast || isMultiple(evaluateEvery)),
      save: this.#files !== undefined && isMultiple(saveEvery),
    };
  }

  /** Events of losses that have arrived. */
  async *#tell(
    progress: Progress<Place, Used>,
    all: readonly Passed<Place>[],
  ): AsyncGenerator<TrainEvent> {
    for (const [i, bad] of progress.takeNonFinite().entries()) {
      yield* this.#report(bad, i < MAX_BLAMED);
    }
    for (const { place, losses: means, examplesPerSecond } of all) {
      const losses = { ...means, ...this.#training.derived?.(means) };
      this.#losses = losses;
      const loss = Object.values(losses)[0] ?? NaN;
      const { step, epoch, learningRate } = place;
      await this.#log?.append({ step, epoch, loss, ...losses, learningRate });
      yield { type: "step", ...place, loss, losses, examplesPerSecond } satisfies StepEvent;
    }
  }

  /** Finds where a loss that is not finite came from. @throws {NonFiniteError} unless it is skipped. */
  async *#report({ name, of }: Scalar<Used>, isBlamed: boolean): AsyncGenerator<TrainEvent> {
    const blame = isBlamed ? await this.#blame(of) : NOT_LOOKED_FOR;
    yield { type: "nonFinite", step: of.step, loss: name, ...blame };
    if (this.#settings.onNonFinite === "skip") return;
    throw new NonFiniteError(this.#training.name, "losses must be finite", {
      got: `${name} at step ${of.step}${describe(blame)}`,
      remedy: 'Lower the learning rate, clip gradients, or pass onNonFinite: "skip".',
      ...blame,
    });
  }

  /** Looks through variables, the batch, and what modules make of it, if the feed can go back to it. */
  async #blame({ key, place }: Used): Promise<Blame> {
    const variables = Object.values((this.#parts as TrainingParts).variables).flat();
    const feed = this.#feed(key);
    const batch = canGoBack(feed) ? await this.#again(feed, place) : undefined;
    if (batch === undefined) return findNonFinite({}, variables, noWork);
    return findNonFinite(batch, variables, () => this.#steps[key]?.forward(batch));
  }

  /** The batch that a feed gave at an earlier place. */
  async #again(feed: Feed, place: unknown): Promise<Batch | undefined> {
    const now = feed.state();
    feed.restore(place);
    const batch = await feed.next();
    feed.restore(now);
    return batch;
  }

  async #evaluate(): Promise<TrainEvent> {
    const metrics = (await this.#training.evaluate?.()) ?? {};
    this.#metrics = metrics;
    await this.#log?.append({ step: this.step, ...metrics });
    if (this.#stop?.update(metrics) === true) this.#reason = "early stop";
    return { type: "evaluation", step: this.step, metrics };
  }

  /** A snapshot in memory, also written if asked. */
  async #save(isWritten: boolean): Promise<TrainEvent | undefined> {
    await this.#takeSnapshot();
    if (!isWritten || this.#snapshot === undefined) return undefined;
    const kept = withoutConstants(this.#parts as TrainingParts, this.#snapshot);
    const path = await this.#files?.save(this.step, kept);
    return path === undefined ? undefined : { type: "save", step: this.step, path };
  }

  async #takeSnapshot(): Promise<void> {
    const parts = this.#parts as TrainingParts;
    const stop = this.#stop?.state();
    this.#snapshot = await captureTraining(parts, this.step, stop, this.#snapshot);
    this.#snapshotAt = performance.now() + 1000 * (this.#settings.snapshotSeconds ?? 60);
  }
}

/** Steps of one group of losses whose numbers that are not finite are looked for. */
const MAX_BLAMED = 8;

const NOT_LOOKED_FOR: Blame = { module: undefined, variables: [], fields: [] };

/** Feeds with arrays of their own, a replay memory say, do not find a batch again by its place. */
const canGoBack = (feed: Feed): boolean => feed.arrays === undefined;

const noWork = (): void => undefined;

function describe({ module, fields }: Blame): string {
  if (fields.length > 0) return `, from the field ${fields.join(" and ")} of its batch`;
  return module === undefined ? "" : `, from ${module}`;
}

function requireKeys({ name, data, updates, repeats = {} }: Training): void {
  const missing = Object.keys(updates).filter((key) => data[key] === undefined);
  if (missing.length > 0) {
    throw new UsageError(name, "every step must have data", {
      got: `data for ${Object.keys(data).join(" and ") || "none"}, none for ${missing.join(" and ")}`,
    });
  }
  for (const [key, count] of Object.entries(repeats)) {
    if (Number.isInteger(count) && count >= 1) continue;
    const got = `${count} for ${key}`;
    throw new UsageError(name, "repeats must be positive integers", { got });
  }
}
