// LanguageModelTrain: a model learns to foretell the next token.

import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import { crossEntropy } from "../losses/crossEntropy.ts";
import { zLoss } from "../losses/zLoss.ts";
import { add, mul } from "../ops/binary.ts";
import { stopGradient } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, TrainableModel } from "./update.ts";

/** Settings of `LanguageModelTrain`. */
export interface LanguageModelTrainSettings extends TrainSettings {
  /** Share of a label's probability that is spread over the vocabulary. Default 0. */
  readonly labelSmoothing?: number;
  /** Weight of log² of softmax's normaliser: 10⁻⁴, say. Default 0. */
  readonly zLoss?: number;
  /** Tokens with this label count nothing: those that fill up short rows. Default: none. */
  readonly ignoreIndex?: number;
}

/** Parts of `LanguageModelTrain`. */
export interface LanguageModelTrainParts extends TrainParts {
  /** From codes `[batch, T]` i32 to logits `[batch, T, vocabulary]`, with any core between. */
  readonly model: TrainableModel;
  /** Batches with the fields inputs and labels, `[batch, T]` i32: tokens, and the ones after them. */
  readonly data: Feed;
  /** The forward pass of training, for models that behave otherwise then. Default: the model. */
  readonly forward?: (codes: Tensor) => Tensor;
}

/**
 * Trains a model to foretell each token from those before:
 *
 *   nats = −(1/N) Σₙ log softmax(logitsₙ)[labelsₙ],  perplexity = exp(nats)
 *
 * Both are told by name. With label smoothing or a z-loss, `loss` is what is minimised, and nats are
 * still those of the labels alone.
 *
 *     const train = new LanguageModelTrain({ steps: 1000, workspace });
 *     for await (const event of train.run({ model, optimizer, data })) show(event);
 *
 * @see Bengio et al. 2003, A Neural Probabilistic Language Model; Chowdhery et al. 2022, PaLM, §5.
 */
export class LanguageModelTrain extends Scenario<LanguageModelTrainParts, TrainResult> {
  readonly settings: LanguageModelTrainSettings;

  /** @throws {UsageError} if a setting cannot be. */
  constructor(settings: LanguageModelTrainSettings) {
    super();
    requireTrainSettings("LanguageModelTrain", settings);
    const { labelSmoothing = 0, zLoss: weight = 0 } = settings;
    if (!(labelSmoothing >= 0 && labelSmoothing < 1 && weight >= 0 && weight < Infinity)) {
      const got = `${labelSmoothing} and ${weight}`;
      throw new UsageError(
        "LanguageModelTrain",
        "labelSmoothing must be in [0, 1) and zLoss must not be negative",
        { got },
      );
    }
    this.settings = settings;
  }

  run(
    parts: LanguageModelTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { model, optimizer, data, schedule, evaluate, generator } = parts;
    const forward = parts.forward ?? model;
    const loss = (fields: Fields): Losses => this.#losses(forward, fields);
    return trainingLoop(
      this.settings,
      {
        name: "LanguageModelTrain",
        modules: { model },
        data: { step: data },
        updates: { step: { model, optimizer, schedule, loss } },
        derived: ({ nats }) => ({ perplexity: Math.exp(nats ?? NaN) }),
        evaluate,
        generator,
      },
      options,
    );
  }

  #losses(forward: (codes: Tensor) => Tensor, fields: Fields): Losses {
    const { labelSmoothing = 0, zLoss: weight = 0, ignoreIndex } = this.settings;
    const given = requireFields("LanguageModelTrain", fields, "inputs", "labels");
    const [inputs, labels] = given as [Tensor, Tensor];
    const ignoring = ignoreIndex === undefined ? {} : { ignoreIndex };
    const logits = forward(inputs);
    if (labelSmoothing === 0 && weight === 0)
      return { nats: crossEntropy(logits, labels, ignoring) };
    const smoothed = crossEntropy(logits, labels, { labelSmoothing, ...ignoring });
    const nats = crossEntropy(stopGradient(logits), labels, ignoring);
    if (weight === 0) return { loss: smoothed, nats };
    const z = zLoss(logits);
    return { loss: add(smoothed, mul(z, weight)), nats, zLoss: z };
  }
}
