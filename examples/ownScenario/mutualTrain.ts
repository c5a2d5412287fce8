// MutualTrain: two networks learn from the labels, and from each other.

import { type Tensor, add, mul, stopGradient } from "../../src/index.ts";
import type { Feed } from "../../src/data/index.ts";
import { crossEntropy, distillationLoss } from "../../src/losses/index.ts";
import type { Optimizer } from "../../src/optimizers/index.ts";
import * as scenarios from "../../src/scenarios/index.ts";

export interface MutualTrainSettings extends scenarios.TrainSettings {
  /** Weight of what the other network says. Default 1. */
  readonly weight?: number;
}

export interface Student {
  readonly model: scenarios.TrainableModel;
  readonly optimizer: Optimizer;
}

export interface MutualTrainParts {
  readonly first: Student;
  readonly second: Student;
  /** Batches with the fields inputs and labels, for each student. */
  readonly data: { readonly first: Feed; readonly second: Feed };
}

type Run = AsyncGenerator<scenarios.TrainEvent, scenarios.TrainResult>;

/** @see Zhang et al. 2018, Deep Mutual Learning. */
export class MutualTrain extends scenarios.Scenario<MutualTrainParts, scenarios.TrainResult> {
  readonly settings: MutualTrainSettings;

  constructor(settings: MutualTrainSettings) {
    super();
    scenarios.requireTrainSettings("MutualTrain", settings);
    this.settings = settings;
  }

  run(parts: MutualTrainParts, options?: scenarios.RunOptions): Run {
    const { first, second, data } = parts;
    const { weight = 1 } = this.settings;
    const update = (name: string, own: Student, other: Student): scenarios.Update => ({
      ...own,
      loss(fields) {
        const given = scenarios.requireFields("MutualTrain", fields, "inputs", "labels");
        const [x, labels] = given as [Tensor, Tensor];
        const logits = own.model(x);
        const others = stopGradient(other.model(x));
        const mutual = distillationLoss(logits, others, { temperature: 1 });
        const loss = add(crossEntropy(logits, labels), mul(mutual, weight));
        return { [name]: loss, [`${name}Mutual`]: mutual };
      },
    });
    const modules = { first: first.model, second: second.model };
    const [one, two] = [update("first", first, second), update("second", second, first)];
    const training = { name: "MutualTrain", modules, data, updates: { first: one, second: two } };
    return scenarios.trainingLoop(this.settings, training, options);
  }
}
