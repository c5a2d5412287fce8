// DiffusionTrain: a network learns to tell the noise in an example.

import type { Feed } from "../data/feed.ts";
import { ShapeError, shapeText } from "../errors.ts";
import { meanSquaredError } from "../losses/meanSquaredError.ts";
import { add, minimum, mul } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { tensor } from "../ops/creation.ts";
import { gather } from "../ops/gather.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { floor } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import type { ParameterAverage } from "../optimizers/parameterAverage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fields, requireFields } from "./fields.ts";
import type { NoiseSchedule } from "./noiseSchedule.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainParts } from "./trainParts.ts";
import { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
import { trainingLoop } from "./trainingLoop.ts";
import type { Trainable } from "./update.ts";

/** Settings of `DiffusionTrain`. */
export type DiffusionTrainSettings = TrainSettings;

/** The noise in `x [batch, …]` at steps `t [batch]`, i32 from 0 on, and of what `x` shall be if data say so. */
export interface Denoiser extends Trainable {
  (x: Tensor, t: Tensor, condition?: Tensor): Tensor;
}

/** Parts of `DiffusionTrain`. */
export interface DiffusionTrainParts extends TrainParts {
  readonly model: Denoiser;
  /** `linearNoise()` or `cosineNoise()`. */
  readonly noise: NoiseSchedule;
  /** Batches with the field inputs, of variance about 1, and condition, if the model takes one. */
  readonly data: Feed;
  /** Of the noise that the model tells and the true one. Default `meanSquaredError`. */
  readonly loss?: (outputs: Tensor, noise: Tensor) => Tensor;
  /** Of the model's parameters, which are there once it was called: updated after each step, and saved. */
  readonly average?: Pick<ParameterAverage, "update" | "variables">;
  /** Draws noise and steps; its state is saved. Default: the library's. */
  readonly generator?: Generator;
}

/**
 * Minimises ‖ε − model(√ᾱ_t·x + √(1 − ᾱ_t)·ε, t)‖², averaged over elements, for normal ε and steps t
 * drawn evenly for each example.
 *
 *     build(model, [1, 2], { shape: [1], dtype: "i32" });
 *     const average = new ParameterAverage(model.trainableVariables);
 *     await new DiffusionTrain({ steps: 5000 })({ model, noise, optimizer, data, average });
 *     const points = await average.during(() =>
 *       new DiffusionSample({ count: 1000 })({ model, noise, shape: [2] }));
 *
 * @see Ho et al. 2020, Denoising Diffusion Probabilistic Models, algorithm 1.
 */
export class DiffusionTrain extends Scenario<DiffusionTrainParts, TrainResult> {
  readonly settings: DiffusionTrainSettings;

  constructor(settings: DiffusionTrainSettings) {
    super();
    requireTrainSettings("DiffusionTrain", settings);
    this.settings = settings;
  }

  run(
    parts: DiffusionTrainParts,
    options: RunOptions = {},
  ): AsyncGenerator<TrainEvent, TrainResult> {
    const { model, average, optimizer, schedule } = parts;
    const step = {
      model,
      optimizer,
      schedule,
      loss: (fields: Fields): Tensor => lossOf(parts, fields),
      after: average && ((): void => average.update()),
    };
    return trainingLoop(
      this.settings,
      {
        name: "DiffusionTrain",
        modules: { model, ...(average && { average }) },
        data: { step: parts.data },
        updates: { step },
        evaluate: parts.evaluate,
        generator: parts.generator,
      },
      options,
    );
  }
}

function lossOf(parts: DiffusionTrainParts, fields: Fields): Tensor {
  const { model, loss = meanSquaredError, generator = defaultGenerator } = parts;
  const [inputs] = requireFields("DiffusionTrain", fields, "inputs") as [Tensor];
  const { alphaBars } = parts.noise;
  const [batch = 0, ...rest] = inputs.shape;
  // The product may be rounded up to T.
  const drawn = floor(generator.uniform([batch], 0, alphaBars.length));
  const t = cast(minimum(drawn, alphaBars.length - 1), "i32");
  const noise = generator.normal(inputs.shape);
  const shares = (share: (alphaBar: number) => number): Tensor => {
    const table = tensor(Float32Array.from(alphaBars, share));
    return reshape(gather(table, t), [batch, ...rest.map(() => 1)]);
  };
  const kept = mul(
    inputs,
    shares((alphaBar) => Math.sqrt(alphaBar)),
  );
  const added = mul(
    noise,
    shares((alphaBar) => Math.sqrt(1 - alphaBar)),
  );
  const outputs = model(add(kept, added), t, fields.condition);
  if (outputs.shape.join() !== inputs.shape.join()) {
    throw new ShapeError("DiffusionTrain", "the model must tell the noise of every element", {
      got: `${shapeText(outputs.shape)} for ${shapeText(inputs.shape)}`,
    });
  }
  return loss(outputs, noise);
}
