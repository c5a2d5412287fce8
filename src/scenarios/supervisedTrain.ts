// SupervisedTrain: a model learns outputs from inputs.

import { compile } from "../compile/compile.ts";
import { UsageError } from "../errors.ts";
import type { Batch, DataLoader } from "../data/dataLoader.ts";
import { toTensors } from "../data/batchTensors.ts";
import { device } from "../gpu/device.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { untaped } from "../ops/tape.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Schedule } from "../optimizers/schedules.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { latestCheckpoint, saveCheckpoint } from "../workspace/checkpoint.ts";
import { RunLog } from "../workspace/runLog.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { EvaluateResult } from "./evaluate.ts";
import { type Passed, Progress } from "./progress.ts";
import { reported } from "./reported.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { type TrainingParts, captureTraining, restoreTraining } from "./trainingState.ts";

/** Settings of `SupervisedTrain`. */
export interface SupervisedTrainSettings {
  /** Optimizer steps in all, those of a resumed run included. */
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
}

/** A function of the inputs with variables: a module. */
export interface TrainableModel {
  (inputs: Tensor): Tensor;
  readonly variables: readonly Variable[];
  readonly trainableVariables: readonly Variable[];
}

/** Parts of `SupervisedTrain`. */
export interface SupervisedTrainParts {
  readonly model: TrainableModel;
  readonly optimizer: Optimizer & { learningRate?: number };
  readonly loss: (outputs: Tensor, labels: Tensor) => Tensor;
  readonly data: DataLoader;
  /** The optimizer's learning rate at each step. Default: it stays as it is. */
  readonly schedule?: Schedule;
  /** The forward pass of training, for models that behave otherwise then. Default: the model. */
  readonly forward?: (inputs: Tensor) => Tensor;
  /** Called every so often: an `Evaluate` with its parts. */
  readonly evaluate?: () => Promise<EvaluateResult>;
  /** Whose state is saved too. Default: the library's. */
  readonly generator?: Generator;
}

/** What happens in a run, in order. */
export type TrainEvent =
  | {
      /** Pipelines of a step were compiled. These events come first. */
      readonly type: "prepare";
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: "start"; readonly step: number; readonly steps: number }
  | {
      readonly type: "step";
      readonly step: number;
      readonly epoch: number;
      /** Mean over the steps since the last event. */
      readonly loss: number;
      readonly learningRate: number | undefined;
      readonly examplesPerSecond: number;
    }
  | { readonly type: "evaluation"; readonly step: number; readonly metrics: EvaluateResult }
  | { readonly type: "save"; readonly step: number; readonly path: string };

/** What a run leaves behind. */
export interface TrainResult {
  readonly step: number;
  readonly loss: number;
  readonly metrics: EvaluateResult;
}

/** Where a run stood at a step. */
interface Place {
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number | undefined;
}

/** What is to be done after a step. */
interface Due {
  readonly log: boolean;
  readonly evaluate: boolean;
  readonly save: boolean;
}

/** Folder of the checkpoints in a workspace. */
const CHECKPOINTS = "checkpoints/";

/** Minimises a loss over batches of inputs and labels. */
export class SupervisedTrain extends Scenario<SupervisedTrainParts, TrainResult> {
  readonly settings: SupervisedTrainSettings;

  constructor(settings: SupervisedTrainSettings) {
    super();
    const { steps, logEvery = 20, evaluateEvery = 1, saveEvery = 1 } = settings;
    for (const [name, value] of Object.entries({ steps, logEvery, evaluateEvery, saveEvery })) {
      if (Number.isInteger(value) && value >= 1) continue;
      const got = `${value}`;
      throw new UsageError("SupervisedTrain", `${name} must be a positive integer`, { got });
    }
    this.settings = settings;
  }

  async *run(
    parts: SupervisedTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { steps, workspace, resume, compiled = true } = this.settings;
    const { data, optimizer, schedule } = parts;
    const log = workspace && new RunLog(workspace);
    const { takeStep, warmUp, close } = makeStep(parts, compiled);
    const training = yield* prepare(parts, warmUp);
    let step = workspace && resume ? await resumeFrom(workspace, training) : 0;
    if (step === 0) await workspace?.remove("metrics.jsonl");
    else await log?.truncateAfter(step);
    yield { type: "start", step, steps };

    const result = { loss: NaN, metrics: {} as EvaluateResult };
    let savedAt = step;
    const progress = new Progress<Place>();
    try {
      while (step < steps && !options.signal?.aborted) {
        const batch = await data.next();
        if (batch === undefined) break;
        if (schedule !== undefined) optimizer.learningRate = schedule(step);
        progress.add(takeStep(batch), Object.values(batch)[0]?.shape[0] ?? 0);
        const due = this.#due(parts, ++step);
        const { learningRate } = optimizer;
        if (due.log) progress.mark({ step, epoch: data.state().epoch, learningRate });
        for (const passed of await progress.passed(due.evaluate || due.save)) {
          yield await report(passed, result, log);
        }
        if (due.evaluate) {
          result.metrics = (await parts.evaluate?.()) ?? {};
          await log?.append({ step, ...result.metrics });
          yield { type: "evaluation", step, metrics: result.metrics };
        }
        if (workspace && due.save) {
          const path = await this.#save(workspace, training, step);
          savedAt = step;
          yield { type: "save", step, path };
        }
        if (due.evaluate || due.save) progress.resume();
      }
      for (const passed of await progress.passed(true)) yield await report(passed, result, log);
      if (workspace && savedAt !== step) {
        yield { type: "save", step, path: await this.#save(workspace, training, step) };
      }
    } finally {
      progress.close();
      close();
    }
    return { step, ...result };
  }

  /** What comes after a step. */
  #due({ evaluate }: SupervisedTrainParts, step: number): Due {
    const { steps, logEvery = 20, evaluateEvery, saveEvery, workspace } = this.settings;
    const isLast = step === steps;
    const isMultiple = (every: number | undefined): boolean =>
      every !== undefined && step % every === 0;
    return {
      log: isLast || isMultiple(logEvery),
      evaluate: evaluate !== undefined && (isLast || isMultiple(evaluateEvery)),
      save: workspace !== undefined && isMultiple(saveEvery),
    };
  }

  async #save(workspace: Workspace, training: TrainingParts, step: number): Promise<string> {
    const path = `${CHECKPOINTS}step-${String(step).padStart(8, "0")}.safetensors`;
    await saveCheckpoint(workspace, path, await captureTraining(training, step));
    const old = (await workspace.list(CHECKPOINTS)).slice(0, -(this.settings.keep ?? 3));
    for (const path of old) await workspace.remove(path);
    return path;
  }
}

/** The event of steps whose losses have arrived. */
async function report(
  { place, loss, examplesPerSecond }: Passed<Place>,
  result: { loss: number },
  log: RunLog | undefined,
): Promise<TrainEvent> {
  result.loss = loss;
  const { step, epoch, learningRate } = place;
  await log?.append({ step, epoch, loss, learningRate });
  return { type: "step", ...place, loss, examplesPerSecond };
}

/** Lets the model see a batch, so that its variables and the optimizer's slots exist. */
async function* prepare(
  parts: SupervisedTrainParts,
  warmUp: Step["warmUp"],
): AsyncGenerator<TrainEvent, TrainingParts> {
  const { model, optimizer, data, generator = defaultGenerator } = parts;
  const first = await data.peek();
  if (first !== undefined) {
    const isReady = yield* reported<TrainEvent, boolean>((report) => warmUp(first, report));
    if (!isReady) untaped(() => scope(() => void forward(parts, first)));
  }
  optimizer.prepare(model.trainableVariables);
  const variables = { model: model.variables, optimizer: optimizer.variables };
  return { variables, data, generator };
}

async function resumeFrom(workspace: Workspace, training: TrainingParts): Promise<number> {
  const latest = await latestCheckpoint(workspace, CHECKPOINTS);
  return latest === null ? 0 : restoreTraining(training, latest.checkpoint);
}

function forward(parts: SupervisedTrainParts, batch: Batch): Tensor {
  const { inputs, labels } = operandsOf(batch);
  return parts.loss((parts.forward ?? parts.model)(inputs), labels);
}

function operandsOf(batch: Batch): { inputs: Tensor; labels: Tensor } {
  const tensors = toTensors(batch);
  const { inputs, labels } = tensors;
  if (inputs !== undefined && labels !== undefined) return { inputs, labels };
  throw new UsageError("SupervisedTrain", "batches must have the fields inputs and labels", {
    got: Object.keys(tensors).join(", "),
    remedy: "Name them so in dataset({ inputs, labels }).",
  });
}

/** How optimizer steps are taken. */
interface Step {
  /** One on a batch; returns the loss before it. */
  readonly takeStep: (batch: Batch) => Tensor;
  /** Makes ready for batches like this one; false if it cannot. */
  readonly warmUp: (batch: Batch, report: (event: TrainEvent) => void) => Promise<boolean>;
  readonly close: () => void;
}

function makeStep(parts: SupervisedTrainParts, isCompiled: boolean): Step {
  const { model, optimizer, loss } = parts;
  const outputsOf = parts.forward ?? model;
  const update = (inputs: Tensor, labels: Tensor): Tensor =>
    optimizer.minimize(
      () => loss(outputsOf(inputs), labels),
      () => model.trainableVariables,
    );
  const compiled = isCompiled ? compile(update) : undefined;
  const run = compiled ?? update;
  const takeStep = (batch: Batch): Tensor => {
    const result = scope(() => {
      const { inputs, labels } = operandsOf(batch);
      return run(inputs, labels);
    });
    // A replay is sent at once; what runs as it is may still wait for company.
    if (compiled === undefined) device().recorder.flush();
    return result;
  };
  const warmUp: Step["warmUp"] = async (batch, report) => {
    if (compiled === undefined) return false;
    const { inputs, labels } = operandsOf(batch);
    const isReady = compiled.prepare([inputs, labels], (done, total) => {
      report({ type: "prepare", done, total });
    });
    for (const given of [inputs, labels]) given.dispose();
    // Variables and pipelines stay; random streams begin anew, after those of a checkpoint.
    return isReady.finally(() => compiled.dispose());
  };
  return { takeStep, warmUp, close: () => compiled?.dispose() };
}
