// DistillTrain: a student learns to say what a teacher says.

import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import { crossEntropy } from "../losses/crossEntropy.ts";
import { distillationLoss } from "../losses/distillationLoss.ts";
import { add, mul } from "../ops/binary.ts";
import { untaped } from "../ops/tape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, TrainableModel } from "./update.ts";

/** Settings of `DistillTrain`. */
export interface DistillTrainSettings extends TrainSettings {
  /** T of `distillationLoss`. Default 4. */
  readonly temperature?: number;
  /** α in [0, 1]: weight of what the teacher says; the labels have 1 − α. Default 0.9. */
  readonly alpha?: number;
}

/** A function of the inputs with variables that nothing trains. */
export interface Teacher {
  (inputs: Tensor): Tensor;
  readonly variables: readonly Variable[];
}

/** Parts of `DistillTrain`. */
export interface DistillTrainParts extends TrainParts {
  /** From inputs to logits `[batch, classes]`. */
  readonly student: TrainableModel;
  /** Likewise: a trained module, called as it is used, not as it trains. */
  readonly teacher: Teacher;
  /** Batches with the fields inputs and, unless α is 1, labels. */
  readonly data: Feed;
  /** Of the student's logits and the labels. Default: `crossEntropy`. */
  readonly hardLoss?: (logits: Tensor, labels: Tensor) => Tensor;
  /** The student's forward pass of training, if it behaves otherwise then. Default: the student. */
  readonly forward?: (inputs: Tensor) => Tensor;
}

/**
 * Minimises α · soft + (1 − α) · hard: soft is `distillationLoss` of the student's and the teacher's logits,
 * hard a loss of the student's logits and the labels. Losses are named distillation, soft and hard. The
 * teacher stays as it is, and files of checkpoints do not hold it.
 *
 *     const train = new DistillTrain({ steps: 2000, temperature: 4, alpha: 0.9 });
 *     await train({ student, teacher, optimizer, data });
 *
 * @see Hinton et al. 2015, Distilling the Knowledge in a Neural Network.
 */
export class DistillTrain extends Scenario<DistillTrainParts, TrainResult> {
  readonly settings: DistillTrainSettings;

  /** @throws {UsageError} unless α is in [0, 1]. */
  constructor(settings: DistillTrainSettings) {
    super();
    requireTrainSettings("DistillTrain", settings);
    const { alpha = 0.9 } = settings;
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new UsageError("DistillTrain", "alpha must be in [0, 1]", { got: `${alpha}` });
    }
    this.settings = settings;
  }

  run(parts: DistillTrainParts, options: RunOptions = {}): AsyncGenerator<TrainEvent, TrainResult> {
    const { student, teacher, optimizer, schedule, data, evaluate, generator } = parts;
    const loss = (fields: Fields): Losses => lossesOf(parts, this.settings, fields);
    return trainingLoop(
      this.settings,
      {
        name: "DistillTrain",
        modules: { student, teacher },
        constants: teacher.variables,
        data: { step: data },
        updates: { step: { model: student, optimizer, schedule, loss } },
        evaluate,
        generator,
      },
      options,
    );
  }
}

function lossesOf(
  parts: DistillTrainParts,
  { temperature = 4, alpha = 0.9 }: DistillTrainSettings,
  fields: Fields,
): Losses {
  const { teacher, hardLoss = crossEntropy } = parts;
  const [inputs] = requireFields("DistillTrain", fields, "inputs") as [Tensor];
  const said = untaped(() => teacher(inputs));
  const logits = (parts.forward ?? parts.student)(inputs);
  const soft = distillationLoss(logits, said, { temperature });
  if (alpha === 1) return { distillation: soft };
  const [labels] = requireFields("DistillTrain", fields, "labels") as [Tensor];
  const hard = hardLoss(logits, labels);
  return { distillation: add(mul(soft, alpha), mul(hard, 1 - alpha)), soft, hard };
}
