// ContrastiveTrain: an encoder learns, without labels, what two views of an example have in common.

import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import { ntXent } from "../losses/ntXent.ts";
import { concat, split } from "../ops/slice.ts";
import { untaped } from "../ops/tape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { TrainableModel } from "./update.ts";

/** Settings of `ContrastiveTrain`. */
export interface ContrastiveTrainSettings extends TrainSettings {
  /** τ of `ntXent`. Default 0.5. */
  readonly temperature?: number;
}

/** Parts of `ContrastiveTrain`. */
export interface ContrastiveTrainParts extends TrainParts {
  /** From inputs to representations `[batch, features]`: what is wanted afterwards. */
  readonly encoder: TrainableModel;
  /** From representations to the space of the loss, such as an MLP with one hidden layer. */
  readonly projection: TrainableModel;
  /** A random view of each example, of the inputs' shape; of GPU operations alone. */
  readonly augment: (inputs: Tensor) => Tensor;
  /** Batches with the field inputs. Others, labels say, are not looked at. */
  readonly data: Feed;
  /** The encoder's forward pass of training, if it behaves otherwise then. Default: the encoder. */
  readonly forward?: (inputs: Tensor) => Tensor;
}

/**
 * Minimises `ntXent` of the projections of two views of each example, encoded as one batch of twice the
 * size. The projection is thrown away afterwards.
 *
 *     const train = new ContrastiveTrain({ steps: 2000, temperature: 0.5 });
 *     await train({ encoder, projection: new MLP([64, 32]), augment, optimizer, data });
 *
 * @see Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual Representations.
 */
export class ContrastiveTrain extends Scenario<ContrastiveTrainParts, TrainResult> {
  readonly settings: ContrastiveTrainSettings;

  constructor(settings: ContrastiveTrainSettings) {
    super();
    requireTrainSettings("ContrastiveTrain", settings);
    this.settings = settings;
  }

  run(
    parts: ContrastiveTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { encoder, projection, optimizer, schedule, data, evaluate, generator } = parts;
    const { temperature = 0.5 } = this.settings;
    const loss = (fields: Fields): Tensor => {
      const [inputs] = requireFields("ContrastiveTrain", fields, "inputs") as [Tensor];
      const representations = (parts.forward ?? encoder)(twoViews(inputs, parts.augment));
      const [first, second] = split(projection(representations), 2) as [Tensor, Tensor];
      return ntXent(first, second, { temperature });
    };
    return trainingLoop(
      this.settings,
      {
        name: "ContrastiveTrain",
        modules: { encoder, projection },
        data: { step: data },
        updates: { step: { model: [encoder, projection], optimizer, schedule, loss } },
        evaluate,
        generator,
      },
      options,
    );
  }
}

/** All first views, then all second ones. */
function twoViews(inputs: Tensor, augment: (inputs: Tensor) => Tensor): Tensor {
  const views = untaped(() => [augment(inputs), augment(inputs)]);
  const changed = views.find(({ shape }) => shape[0] !== inputs.shape[0]);
  if (changed === undefined) return concat(views, 0);
  throw new UsageError("ContrastiveTrain", "augment must give a view of each example", {
    got: `${changed} of ${inputs}`,
  });
}
