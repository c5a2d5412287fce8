// MAMLTrain: a model learns parameters from which a few gradient steps suffice for a new task.

import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import { adapt, withValues } from "../nn/adapt.ts";
import { slice, stack } from "../ops/slice.ts";
import { mean } from "../ops/sum.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { rehearseOn } from "./rehearseOn.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { TrainableModel } from "./update.ts";

/** Settings of `MAMLTrain`. */
export interface MAMLTrainSettings extends TrainSettings {
  /** α: of the steps within a task. Default 0.01. */
  readonly innerLearningRate?: number;
  /** Gradient steps within a task. Default 1. */
  readonly innerSteps?: number;
  /** Take the gradients of these steps as constants: cheaper, and nearly as good. Default false. */
  readonly firstOrder?: boolean;
}

/** Parts of `MAMLTrain`. */
export interface MAMLTrainParts extends TrainParts {
  readonly model: TrainableModel;
  /** Of a task's examples. */
  readonly loss: (outputs: Tensor, labels: Tensor) => Tensor;
  /**
   * Batches of tasks, with the fields supportInputs and supportLabels to adapt to, queryInputs and
   * queryLabels to do well on: `[tasks, shots, …]` each.
   */
  readonly data: Feed;
}

/** The fields of a batch of tasks. */
const FIELDS = ["supportInputs", "supportLabels", "queryInputs", "queryLabels"] as const;

/**
 * Minimises the mean over tasks of the loss on queries after gradient steps on the support:
 *
 *   min_θ Σᵢ Lᵢ(θ − α ∇Lᵢ(θ; supportᵢ); queryᵢ)
 *
 *     const train = new MAMLTrain({ steps: 5000, innerLearningRate: 0.01 });
 *     await train({ model, optimizer: new Adam(), loss: meanSquaredError, data });
 *
 * A new task is learnt by `adapt(model, loss, { learningRate: 0.01 })` of renga/nn. The tasks of a batch are
 * unrolled in one step: its pipelines are few, its commands as many times as much as a task's.
 *
 * @see Finn et al. 2017, Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks, algorithm 2.
 */
export class MAMLTrain extends Scenario<MAMLTrainParts, TrainResult> {
  readonly settings: MAMLTrainSettings;

  constructor(settings: MAMLTrainSettings) {
    super();
    requireTrainSettings("MAMLTrain", settings);
    this.settings = settings;
  }

  async *run(
    parts: MAMLTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { model, optimizer, schedule, data, evaluate, generator } = parts;
    const { innerLearningRate = 0.01, innerSteps = 1, firstOrder = false } = this.settings;
    const inner = { learningRate: innerLearningRate, steps: innerSteps, firstOrder };
    const lossOf = (inputs: Tensor, labels: Tensor): Tensor => parts.loss(model(inputs), labels);
    await rehearseOn(data, (fields) => void lossOf(...(tasksOf(fields)[0] as Task).support));
    const loss = (fields: Fields): Tensor => {
      const losses = tasksOf(fields).map(({ support, query }) => {
        const values = adapt(model, () => lossOf(...support), inner);
        return withValues(values, () => lossOf(...query));
      });
      return mean(stack(losses));
    };
    return yield* trainingLoop(
      this.settings,
      {
        name: "MAMLTrain",
        modules: { model },
        data: { step: data },
        updates: { step: { model, optimizer, schedule, loss } },
        evaluate,
        generator,
      },
      options,
    );
  }
}

/** Inputs and labels to learn from, and to be measured by. */
interface Task {
  readonly support: readonly [inputs: Tensor, labels: Tensor];
  readonly query: readonly [inputs: Tensor, labels: Tensor];
}

/** @throws {UsageError} unless all fields have as many tasks. */
function tasksOf(fields: Fields): readonly Task[] {
  const given = requireFields("MAMLTrain", fields, ...FIELDS);
  const [count = 0] = given[0]?.shape ?? [];
  if (given.some(({ shape }) => shape[0] !== count) || count === 0) {
    throw new UsageError("MAMLTrain", "fields must be [tasks, shots, ...], with as many tasks", {
      got: given.map(({ shape }, i) => `${FIELDS[i]} [${shape.join(", ")}]`).join(", "),
    });
  }
  return Array.from({ length: count }, (_, i) => {
    const [a, b, c, d] = given.map((field) => slice(field, [i])) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    return { support: [a, b], query: [c, d] };
  });
}
