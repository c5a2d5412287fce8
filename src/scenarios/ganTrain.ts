// GANTrain: a generator learns to make what a discriminator cannot tell from the data.

import type { Feed } from "../data/feed.ts";
import type { Generator } from "../ops/random.ts";
import { add } from "../ops/binary.ts";
import { stopGradient } from "../ops/views.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Schedule } from "../optimizers/schedules.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Losses, Trainable } from "./update.ts";

/** Settings of `GANTrain`. A step is one of the generator. */
export interface GANTrainSettings extends TrainSettings {
  /** Steps of the discriminator for each of the generator. Default 1. */
  readonly discriminatorSteps?: number;
}

/** A network of an example, and of what it shall be if the data say so. */
export interface Conditional extends Trainable {
  (inputs: Tensor, condition?: Tensor): Tensor;
}

/** Batches for the generator's steps, `g`, and for those of both, `gd`. */
export interface GANData {
  /** Fields `noise [batch, …]` and, if the GAN is conditional, `condition`. */
  readonly g: Feed;
  /** Fields `noise`, `real [batch, …]` and, if the GAN is conditional, `condition`. */
  readonly gd: Feed;
}

/** Parts of `GANTrain`. */
export interface GANTrainParts extends Pick<TrainParts, "evaluate"> {
  /** From noise to examples. */
  readonly generator: Conditional;
  /** From examples to scores, high for real ones. */
  readonly discriminator: Conditional;
  readonly generatorOptimizer: Optimizer & { learningRate?: number };
  readonly discriminatorOptimizer: Optimizer & { learningRate?: number };
  /** Of the scores of what was generated. See `nonSaturating` and the like in renga/losses. */
  readonly generatorLoss: (fake: Tensor) => Tensor;
  readonly discriminatorLoss: (real: Tensor, fake: Tensor) => Tensor;
  readonly data: GANData;
  /** Added to the discriminator's loss: `gradientPenalty()`. */
  readonly penalty?: (score: (x: Tensor) => Tensor, real: Tensor, fake: Tensor) => Tensor;
  readonly generatorSchedule?: Schedule;
  readonly discriminatorSchedule?: Schedule;
  /** Runs after each step of the generator: an average of its parameters, say. */
  readonly after?: () => void;
  /** What else is saved: such averages. */
  readonly averages?: { readonly variables: Trainable["variables"] };
  readonly generatorOfNumbers?: Generator;
}

/**
 * Trains a generator against a discriminator: steps of the discriminator on batches of `data.gd`, then
 * one of the generator on a batch of `data.g`. Losses are named discriminator, penalty and generator.
 *
 *     const train = new GANTrain({ steps: 2000, discriminatorSteps: 5 });
 *     await train({ generator, discriminator, generatorOptimizer, discriminatorOptimizer, data,
 *       ...wasserstein, penalty: gradientPenalty() });
 *
 * @see Goodfellow et al. 2014, Generative Adversarial Nets, algorithm 1.
 */
export class GANTrain extends Scenario<GANTrainParts, TrainResult> {
  readonly settings: GANTrainSettings;

  constructor(settings: GANTrainSettings) {
    super();
    requireTrainSettings("GANTrain", settings);
    this.settings = settings;
  }

  run(parts: GANTrainParts, options: RunOptions = {}): AsyncGenerator<TrainEvent, TrainResult> {
    const { generator, discriminator, averages, data } = parts;
    return trainingLoop(
      this.settings,
      {
        name: "GANTrain",
        modules: { generator, discriminator, ...(averages && { averages }) },
        data: { gd: data.gd, g: data.g },
        repeats: { gd: this.settings.discriminatorSteps ?? 1 },
        updates: {
          gd: {
            model: discriminator,
            optimizer: parts.discriminatorOptimizer,
            schedule: parts.discriminatorSchedule,
            loss: (fields) => discriminatorLosses(parts, fields),
          },
          g: {
            model: generator,
            optimizer: parts.generatorOptimizer,
            schedule: parts.generatorSchedule,
            after: parts.after,
            loss: (fields) => {
              const [noise] = requireFields("GANTrain", fields, "noise") as [Tensor];
              const { condition } = fields;
              const fake = discriminator(generator(noise, condition), condition);
              return { generator: parts.generatorLoss(fake) };
            },
          },
        },
        evaluate: parts.evaluate,
        generator: parts.generatorOfNumbers,
      },
      options,
    );
  }
}

function discriminatorLosses(parts: GANTrainParts, fields: Fields): Losses {
  const { generator, discriminator, discriminatorLoss, penalty } = parts;
  const [noise, real] = requireFields("GANTrain", fields, "noise", "real") as [Tensor, Tensor];
  const { condition } = fields;
  const fake = stopGradient(generator(noise, condition));
  const score = (x: Tensor): Tensor => discriminator(x, condition);
  const loss = discriminatorLoss(score(real), score(fake));
  if (penalty === undefined) return { discriminator: loss };
  const cost = penalty(score, real, fake);
  return { discriminator: add(loss, cost), penalty: cost };
}
