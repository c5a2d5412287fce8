// FineTune: a model goes on from the values of another run, in whole or in parts.

import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { LoadReport } from "../workspace/loadValues.ts";
import { namedVariables } from "../workspace/variableNames.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type Pretrained, loadPretrained } from "./pretrained.ts";
import { rehearseOn } from "./rehearseOn.ts";
import { type Rates, ScaledRates } from "./scaledRates.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Trainable, TrainableModel } from "./update.ts";

/** Settings of `FineTune`. */
export type FineTuneSettings = TrainSettings;

/** Parts of `FineTune`. */
export interface FineTuneParts extends TrainParts {
  /** With its new head in place, and adapters if there are any. */
  readonly model: TrainableModel;
  readonly loss: (outputs: Tensor, labels: Tensor) => Tensor;
  /** Batches with the fields inputs and labels. */
  readonly data: Feed;
  /** Default: the values that the model has. */
  readonly pretrained?: Pretrained;
  /** Modules in the model that do not take the checkpoint's values: a new head. */
  readonly fresh?: readonly Trainable[];
  /** Modules that train. Default: the model. */
  readonly trained?: readonly Trainable[];
  /** Modules that do not train, though they may be in those. */
  readonly frozen?: readonly Trainable[];
  /** Learning rates of modules, as multiples of the optimizer's; the last one counts. Default: 1. */
  readonly rates?: Rates;
  /** The forward pass of training, for models that behave otherwise then. Default: the model. */
  readonly forward?: (inputs: Tensor) => Tensor;
}

/** What trains, and what came of loading. The first event. */
export interface ParametersEvent {
  readonly type: "parameters";
  /** Names of variables that train, and of the others. */
  readonly trained: readonly string[];
  readonly frozen: readonly string[];
  /** Numbers in the variables that train, and in the others. */
  readonly trainedSize: number;
  readonly frozenSize: number;
  /** Undefined without a checkpoint. */
  readonly loaded: LoadReport | undefined;
}

/**
 * Minimises a loss over batches of inputs and labels, from the values of a checkpoint. Every variable must
 * find its value there, but for those of fresh modules and the factors of `LoRA`. What neither trains nor
 * changes otherwise is not saved again: resume with the same checkpoint.
 *
 *     model.head = new Linear(10);
 *     const adapters = addLoRA(model, { rank: 4, only: (layer) => layer !== model.head });
 *     const pretrained = { checkpoint: await loadCheckpoint(workspace, path) };
 *     const trained = [...adapters, model.head]; // or leave it out, and train everything
 *     await new FineTune({ steps: 500 })({ model, optimizer, loss, data, pretrained,
 *       fresh: [model.head], trained, rates: [[model.stem, 0.1]] });
 *
 * @throws {DataError} if the checkpoint has not all values; nothing is loaded then.
 * @see Howard & Ruder 2018, Universal Language Model Fine-tuning, §3.2 (rates by layer).
 */
export class FineTune extends Scenario<FineTuneParts, TrainResult> {
  readonly settings: FineTuneSettings;

  constructor(settings: FineTuneSettings) {
    super();
    requireTrainSettings("FineTune", settings);
    this.settings = settings;
  }

  async *run(
    parts: FineTuneParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent | ParametersEvent, TrainResult> {
    const { model, optimizer, schedule, data, pretrained, evaluate, generator } = parts;
    const forward = (fields: Fields): readonly [outputs: Tensor, labels: Tensor] => {
      const given = requireFields("FineTune", fields, "inputs", "labels") as [Tensor, Tensor];
      return [(parts.forward ?? model)(given[0]), given[1]];
    };
    const changing = await build(model, data, (fields) => void forward(fields));
    const trained = trainedOf(parts);
    const rates = new ScaledRates("FineTune", parts.rates ?? []);
    const loaded = pretrained && loadPretrained("FineTune", model, pretrained, parts.fresh ?? []);
    yield described(model, trained, loaded?.report);
    const constants = [...(loaded?.variables ?? [])].filter((variable) => {
      return !trained.includes(variable) && !changing.has(variable);
    });
    const step = {
      model: { variables: trained, trainableVariables: trained },
      optimizer,
      schedule,
      loss: (fields: Fields): Tensor => {
        rates.note();
        return parts.loss(...forward(fields));
      },
      after: () => rates.apply(),
    };
    const training = { modules: { model }, data: { step: data }, updates: { step } };
    return yield* trainingLoop(
      this.settings,
      { name: "FineTune", ...training, constants, evaluate, generator },
      options,
    );
  }
}

/** Makes the model's variables. Returns those that a forward pass changes: statistics of norms. */
async function build(
  model: TrainableModel,
  data: Feed,
  forward: (fields: Fields) => void,
): Promise<ReadonlySet<Variable>> {
  const changing = new Set<Variable>();
  await rehearseOn(data, (fields) => {
    forward(fields);
    const before = model.variables.map((variable) => [variable, variable.version] as const);
    forward(fields);
    for (const [variable, version] of before) {
      if (variable.version !== version) changing.add(variable);
    }
  });
  return changing;
}

function trainedOf({ model, trained = [model], frozen = [] }: FineTuneParts): readonly Variable[] {
  const kept = new Set(frozen.flatMap(({ variables }) => variables));
  const all = new Set(trained.flatMap(({ trainableVariables }) => trainableVariables));
  const list = [...all].filter((variable) => !kept.has(variable));
  if (list.length > 0) return list;
  throw new UsageError("FineTune", "something must train", { got: "all of it frozen" });
}

function described(
  model: TrainableModel,
  trained: readonly Variable[],
  loaded: LoadReport | undefined,
): ParametersEvent {
  const names = new Map<Variable, string>();
  for (const [name, one] of namedVariables({ "": model.variables })) names.set(one, name.slice(1));
  const stranger = trained.find((variable) => !names.has(variable));
  if (stranger !== undefined) {
    throw new UsageError("FineTune", "what trains must be in the model", { got: `${stranger}` });
  }
  const frozen = model.variables.filter((variable) => !trained.includes(variable));
  const namesOf = (list: readonly Variable[]): string[] =>
    list.map((variable) => names.get(variable) as string);
  return {
    type: "parameters",
    trained: namesOf(trained),
    frozen: namesOf(frozen),
    trainedSize: sizeOfAll(trained),
    frozenSize: sizeOfAll(frozen),
    loaded,
  };
}

function sizeOfAll(variables: readonly Variable[]): number {
  return variables.reduce((total, { size }) => total + size, 0);
}
