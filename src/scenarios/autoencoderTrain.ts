// AutoencoderTrain: a code from which examples can be made again.

import type { Feed } from "../data/feed.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { TrainableModel } from "./update.ts";

/** Settings of `AutoencoderTrain`. */
export type AutoencoderTrainSettings = TrainSettings;

/** Parts of `AutoencoderTrain`. */
export interface AutoencoderTrainParts extends TrainParts {
  /** From examples to codes. */
  readonly encoder: TrainableModel;
  /** From codes to examples. */
  readonly decoder: TrainableModel;
  /** Of what was decoded and the examples: `meanSquaredError`, say. */
  readonly loss: (outputs: Tensor, inputs: Tensor) => Tensor;
  /** Batches with the field inputs. */
  readonly data: Feed;
  /** What the encoder sees of the inputs: noisy ones make it a denoising autoencoder. Default: as they are. */
  readonly corrupt?: (inputs: Tensor) => Tensor;
}

/**
 * Minimises loss(decoder(encoder(corrupt(x))), x).
 *
 * @see Hinton & Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks; Vincent
 *      et al. 2008, Extracting and Composing Robust Features with Denoising Autoencoders.
 */
export class AutoencoderTrain extends Scenario<AutoencoderTrainParts, TrainResult> {
  readonly settings: AutoencoderTrainSettings;

  constructor(settings: AutoencoderTrainSettings) {
    super();
    requireTrainSettings("AutoencoderTrain", settings);
    this.settings = settings;
  }

  run(
    parts: AutoencoderTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { encoder, decoder, optimizer, schedule, corrupt = same } = parts;
    const step = {
      model: [encoder, decoder],
      optimizer,
      schedule,
      loss: (fields: Fields): Tensor => {
        const [inputs] = requireFields("AutoencoderTrain", fields, "inputs") as [Tensor];
        return parts.loss(decoder(encoder(corrupt(inputs))), inputs);
      },
    };
    return trainingLoop(
      this.settings,
      {
        name: "AutoencoderTrain",
        modules: { encoder, decoder },
        data: { step: parts.data },
        updates: { step },
        evaluate: parts.evaluate,
        generator: parts.generator,
      },
      options,
    );
  }
}

const same = (x: Tensor): Tensor => x;
