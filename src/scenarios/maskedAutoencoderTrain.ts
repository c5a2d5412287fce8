// MaskedAutoencoderTrain: an encoder learns, without labels, by telling hidden patches from the others.

import type { Feed } from "../data/feed.ts";
import { UsageError } from "../errors.ts";
import { meanSquaredError } from "../losses/meanSquaredError.ts";
import { patchify, takePlaces } from "../nn/patches.ts";
import { add, div, sub } from "../ops/binary.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { slice } from "../ops/slice.ts";
import { argSort } from "../ops/sort.ts";
import { moments } from "../ops/statistics.ts";
import { untaped } from "../ops/tape.ts";
import { sqrt } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Trainable } from "./update.ts";

/** Settings of `MaskedAutoencoderTrain`. */
export interface MaskedAutoencoderTrainSettings extends TrainSettings {
  /** Pixels along a side of a patch. */
  readonly patchSize: number;
  /** Share of the patches that are hidden. Default 0.75. */
  readonly maskRatio?: number;
  /** Targets are patches less their mean, over their deviation. Default false. */
  readonly normalizeTargets?: boolean;
}

/** A network over vectors of which each has a place: `PatchEncoder`, `PatchDecoder`. */
export interface PlacedModel extends Trainable {
  (x: Tensor, places: Tensor): Tensor;
}

/** Parts of `MaskedAutoencoderTrain`. */
export interface MaskedAutoencoderTrainParts extends TrainParts {
  /** From the patches that are seen, `[batch, seen, values]`, and their places to vectors. */
  readonly encoder: PlacedModel;
  /** From these vectors and places to values of all patches, `[batch, patches, values]`. */
  readonly decoder: PlacedModel;
  /** Batches with the field inputs `[batch, height, width, channels]`. */
  readonly data: Feed;
  /** Decides what is hidden; its state is saved. Default: the library's. */
  readonly generator?: Generator;
}

/**
 * Hides patches, other ones of each example at each step, and minimises the mean squared error of what
 * encoder and decoder make of them from those that are left. What is seen counts for nothing.
 *
 *     const train = new MaskedAutoencoderTrain({ steps: 2000, patchSize: 4 });
 *     await train({ encoder, decoder, optimizer, data });
 *
 * @see He et al. 2022, Masked Autoencoders Are Scalable Vision Learners.
 */
export class MaskedAutoencoderTrain extends Scenario<MaskedAutoencoderTrainParts, TrainResult> {
  readonly settings: MaskedAutoencoderTrainSettings;

  constructor(settings: MaskedAutoencoderTrainSettings) {
    super();
    requireTrainSettings("MaskedAutoencoderTrain", settings);
    this.settings = settings;
  }

  run(
    parts: MaskedAutoencoderTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { encoder, decoder, optimizer, schedule, data, evaluate } = parts;
    const { patchSize, maskRatio = 0.75, normalizeTargets = false } = this.settings;
    const { generator = defaultGenerator } = parts;
    const loss = (fields: Fields): Tensor => {
      const [images] = requireFields("MaskedAutoencoderTrain", fields, "inputs") as [Tensor];
      const { patches, seen, hidden } = untaped(() => {
        const patches = patchify(images, patchSize);
        return { patches, ...hide(patches, maskRatio, generator) };
      });
      const latents = encoder(takePlaces(patches, seen), seen);
      const made = takePlaces(decoder(latents, seen), hidden);
      const wanted = takePlaces(patches, hidden);
      return meanSquaredError(made, normalizeTargets ? normalized(wanted) : wanted);
    };
    return trainingLoop(
      this.settings,
      {
        name: "MaskedAutoencoderTrain",
        modules: { encoder, decoder },
        data: { step: data },
        updates: { step: { model: [encoder, decoder], optimizer, schedule, loss } },
        evaluate,
        generator,
      },
      options,
    );
  }
}

/** Places of each example's patches in random order, in two parts: `[batch, seen]`, `[batch, hidden]`. */
function hide(
  patches: Tensor,
  ratio: number,
  generator: Generator,
): { readonly seen: Tensor; readonly hidden: Tensor } {
  const [batch, count] = patches.shape as [number, number, number];
  const seen = count - Math.round(count * ratio);
  if (!(seen > 0 && seen < count)) {
    throw new UsageError("MaskedAutoencoderTrain", "some patches must be hidden, and some not", {
      got: `maskRatio ${ratio} of ${count} patches`,
    });
  }
  const order = argSort(generator.uniform([batch, count]), { axis: 1 });
  return {
    seen: slice(order, [null, [0, seen]]),
    hidden: slice(order, [null, [seen, count]]),
  };
}

function normalized(patches: Tensor): Tensor {
  const { mean, variance } = moments(patches, -1, { keepDims: true });
  return div(sub(patches, mean), sqrt(add(variance, 1e-6)));
}
