// VQVAETrain: a code of vectors from a book that is learned along with it.

import type { Feed } from "../data/feed.ts";
import { meanSquaredError } from "../losses/meanSquaredError.ts";
import type { Quantized } from "../nn/nets/vectorQuantizer.ts";
import { add } from "../ops/binary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, Trainable, TrainableModel } from "./update.ts";

/** Settings of `VQVAETrain`. */
export type VQVAETrainSettings = TrainSettings;

/** What becomes of vectors: a `VectorQuantizer`, or a `VectorQuantizerEMA`. */
export interface Quantizer extends Trainable {
  (
    x: Tensor,
    call: { readonly isTraining: boolean },
  ): Pick<Quantized, "quantize" | "loss" | "perplexity">;
}

/** Parts of `VQVAETrain`. */
export interface VQVAETrainParts extends TrainParts {
  /** From examples to vectors, `[batch, …, embeddingDim]`. */
  readonly encoder: TrainableModel;
  readonly quantizer: Quantizer;
  /** From vectors of the codebook to examples. */
  readonly decoder: TrainableModel;
  /** Batches with the field inputs. */
  readonly data: Feed;
  /** Of what was decoded and the inputs. Default `meanSquaredError`; divide by the data's variance. */
  readonly reconstruction?: (outputs: Tensor, inputs: Tensor) => Tensor;
}

/**
 * Trains encoder, codebook and decoder. Losses are named loss, their sum, reconstruction, commitment,
 * the quantizer's, which pulls vectors and codebook together, and perplexity: how many vectors of the
 * codebook are in use.
 *
 *   q, commitment = quantizer(encoder(x)),  loss = reconstruction(decoder(q), x) + commitment
 *
 * @see van den Oord et al. 2017, Neural Discrete Representation Learning, eq. 3.
 */
export class VQVAETrain extends Scenario<VQVAETrainParts, TrainResult> {
  readonly settings: VQVAETrainSettings;

  constructor(settings: VQVAETrainSettings) {
    super();
    requireTrainSettings("VQVAETrain", settings);
    this.settings = settings;
  }

  run(parts: VQVAETrainParts, options: RunOptions = {}): AsyncGenerator<TrainEvent, TrainResult> {
    const { encoder, quantizer, decoder, optimizer, schedule } = parts;
    const step = {
      model: [encoder, quantizer, decoder],
      optimizer,
      schedule,
      loss: (fields: Fields): Losses => lossesOf(parts, fields),
    };
    return trainingLoop(
      this.settings,
      {
        name: "VQVAETrain",
        modules: { encoder, quantizer, decoder },
        data: { step: parts.data },
        updates: { step },
        evaluate: parts.evaluate,
        generator: parts.generator,
      },
      options,
    );
  }
}

function lossesOf(parts: VQVAETrainParts, fields: Fields): Losses {
  const [inputs] = requireFields("VQVAETrain", fields, "inputs") as [Tensor];
  const coded = parts.quantizer(parts.encoder(inputs), { isTraining: true });
  const { quantize, loss: commitment, perplexity } = coded;
  const reconstruction = (parts.reconstruction ?? meanSquaredError)(
    parts.decoder(quantize),
    inputs,
  );
  return { loss: add(reconstruction, commitment), reconstruction, commitment, perplexity };
}
