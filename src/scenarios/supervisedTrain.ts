// SupervisedTrain: a model learns outputs from inputs.

import type { Feed } from "../data/feed.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { TrainableModel } from "./update.ts";

/** Settings of `SupervisedTrain`. */
export type SupervisedTrainSettings = TrainSettings;

/** Parts of `SupervisedTrain`. */
export interface SupervisedTrainParts extends TrainParts {
  readonly model: TrainableModel;
  readonly loss: (outputs: Tensor, labels: Tensor) => Tensor;
  /** Batches with the fields inputs and labels. */
  readonly data: Feed;
  /** What is done to inputs and labels before the model sees them: see renga/augment. Default: nothing. */
  readonly augment?: (inputs: Tensor, labels: Tensor) => readonly [Tensor, Tensor];
  /** The forward pass of training, for models that behave otherwise then. Default: the model. */
  readonly forward?: (inputs: Tensor) => Tensor;
}

/** Minimises a loss over batches of inputs and labels. */
export class SupervisedTrain extends Scenario<SupervisedTrainParts, TrainResult> {
  readonly settings: SupervisedTrainSettings;

  constructor(settings: SupervisedTrainSettings) {
    super();
    requireTrainSettings("SupervisedTrain", settings);
    this.settings = settings;
  }

  run(
    parts: SupervisedTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { model, optimizer, loss, data, augment, schedule, evaluate, generator } = parts;
    const outputsOf = parts.forward ?? model;
    const step = {
      model,
      optimizer,
      schedule,
      loss: (fields: Record<string, Tensor>): Tensor => {
        const given = requireFields("SupervisedTrain", fields, "inputs", "labels");
        const [x, y] = given as [Tensor, Tensor];
        const [inputs, labels] = augment === undefined ? [x, y] : augment(x, y);
        return loss(outputsOf(inputs), labels);
      },
    };
    const training = { modules: { model }, data: { step: data }, updates: { step } };
    return trainingLoop(
      this.settings,
      { name: "SupervisedTrain", ...training, evaluate, generator },
      options,
    );
  }
}
