// VAETrain: a code whose distribution is known, so that new examples can be made from it.

import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import type { NegativeLogLikelihood } from "../losses/likelihood.ts";
import { variationalLosses } from "../losses/variationalLosses.ts";
import type { Generator } from "../ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, TrainableModel } from "./update.ts";

/** Settings of `VAETrain`. */
export interface VAETrainSettings extends TrainSettings {
  /** β: how much the divergence of the latents from the standard normal counts. Default 1. */
  readonly beta?: number;
}

/** Parts of `VAETrain`. */
export interface VAETrainParts extends TrainParts {
  /** From `[batch, …]` to `[batch, …, 2·latents]`: means, and behind them logarithms of variances. */
  readonly encoder: TrainableModel;
  /** From `[batch, …, latents]` to what `likelihood` takes: logits, or means. */
  readonly decoder: TrainableModel;
  /** `bernoulliLikelihood` or a `gaussianLikelihood()`, of renga/losses. */
  readonly likelihood: NegativeLogLikelihood;
  /** Batches with the field inputs. */
  readonly data: Feed;
  /** Draws the latents; its state is saved. Default: the library's. */
  readonly generator?: Generator;
}

/**
 * Trains a variational autoencoder: minimises the negative evidence lower bound, `variationalLosses`.
 * Losses are named loss, reconstruction and kl, means over the examples in nats.
 *
 *     const train = new VAETrain({ steps: 6000 });
 *     await train({ encoder, decoder, likelihood: bernoulliLikelihood, optimizer, data });
 *     const images = await new Sample({ count: 64 })({
 *       generator: (z) => decoder(z).sigmoid(), data: noiseFeed({ size: latents, batchSize: 64 }) });
 *
 * @see Kingma & Welling 2014, Auto-Encoding Variational Bayes.
 */
export class VAETrain extends Scenario<VAETrainParts, TrainResult> {
  readonly settings: VAETrainSettings;

  /** @throws {UsageError} unless β is a number from 0 on, and steps are counts. */
  constructor(settings: VAETrainSettings) {
    super();
    requireTrainSettings("VAETrain", settings);
    const { beta = 1 } = settings;
    if (!(beta >= 0 && Number.isFinite(beta))) {
      throw new UsageError("VAETrain", "beta must be a number from 0 on", { got: `${beta}` });
    }
    this.settings = settings;
  }

  run(parts: VAETrainParts, options: RunOptions = {}): AsyncGenerator<TrainEvent, TrainResult> {
    const { encoder, decoder, optimizer, schedule, generator } = parts;
    const { beta = 1 } = this.settings;
    const step = {
      model: [encoder, decoder],
      optimizer,
      schedule,
      loss: (fields: Fields): Losses => {
        const [inputs] = requireFields("VAETrain", fields, "inputs") as [Tensor];
        return { ...variationalLosses(parts, inputs, { beta, ...(generator && { generator }) }) };
      },
    };
    return trainingLoop(
      this.settings,
      {
        name: "VAETrain",
        modules: { encoder, decoder },
        data: { step: parts.data },
        updates: { step },
        evaluate: parts.evaluate,
        generator,
      },
      options,
    );
  }
}
