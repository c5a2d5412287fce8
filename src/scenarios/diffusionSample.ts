// DiffusionSample: examples from noise, by taking away what a network says is noise.

import { type Compiled, compile } from "../compile/compile.ts";
import { toTensor } from "../data/batchTensors.ts";
import { type HostArray, sliceRows } from "../data/hostArray.ts";
import { UsageError } from "../errors.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { tensor } from "../ops/creation.ts";
import { Generator } from "../ops/random.ts";
import { slice, split } from "../ops/slice.ts";
import { broadcastTo } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { clip } from "../ops/unary.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type DenoisingStep, denoisingSteps } from "./denoisingSteps.ts";
import { ExampleRows } from "./exampleRows.ts";
import type { NoiseSchedule } from "./noiseSchedule.ts";
import { reported } from "./reported.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { requireCounts } from "./settingChecks.ts";
import type { PrepareEvent } from "./trainEvents.ts";

/** Settings of `DiffusionSample`. */
export interface DiffusionSampleSettings {
  /** Examples to make. */
  readonly count: number;
  /** Examples made at once. Default 64. */
  readonly batchSize?: number;
  /** Steps to take, spread evenly over the schedule's. Default: all of them. */
  readonly steps?: number;
  /** η: 1 for the random steps of DDPM, 0 for the fixed ones of DDIM, best with few. Default 1. */
  readonly eta?: number;
  /** Of the noise: with the batch size it decides the examples. Default 0. */
  readonly seed?: number;
  /** Bounds of the data, [−1, 1] for images say, that each step keeps to. Default: none. */
  readonly clip?: readonly [low: number, high: number];
}

/** Parts of `DiffusionSample`. */
export interface DiffusionSampleParts {
  /** What `DiffusionTrain` trained. */
  readonly model: (x: Tensor, t: Tensor, condition?: Tensor) => Tensor;
  /** As in training. */
  readonly noise: NoiseSchedule;
  /** Of one example. */
  readonly shape: Shape;
  /** What the examples shall be: a row for each. */
  readonly condition?: HostArray;
}

/** A step was taken. */
export interface DenoiseEvent {
  readonly type: "step";
  /** Of this batch, from 1 on. */
  readonly step: number;
  readonly steps: number;
  /** Examples of the batches before this one. */
  readonly made: number;
  readonly count: number;
}

/** Steps between two looks at whether the GPU has got there; the host waits for the look before. */
const AHEAD = 16;

/**
 * Examples `[count, …shape]`. From standard normal x at the last step t of those that are taken, to the
 * step s before it, and in the end to x₀, with ε = model(x, t):
 *
 *   x₀ = (x − √(1 − ᾱ_t)·ε) / √ᾱ_t,  σ² = η²·(1 − ᾱ_s)/(1 − ᾱ_t)·(1 − ᾱ_t/ᾱ_s)
 *   x ← √ᾱ_s·x₀ + √(1 − ᾱ_s − σ²)·ε + σ·z,  z standard normal
 *
 * With all steps and η = 1 this is DDPM's sampling with the variances of the posterior.
 *
 * @see Ho et al. 2020, Denoising Diffusion Probabilistic Models, algorithm 2; Song et al. 2021,
 *      Denoising Diffusion Implicit Models, eq. 12 and 16.
 */
export class DiffusionSample extends Scenario<DiffusionSampleParts, HostArray> {
  readonly settings: DiffusionSampleSettings;

  /** @throws {UsageError} unless counts are positive integers and η is in [0, 1]. */
  constructor(settings: DiffusionSampleSettings) {
    super();
    const { count, batchSize = 1, steps = 1, eta = 0 } = settings;
    requireCounts("DiffusionSample", { count, batchSize, steps });
    if (!(eta >= 0 && eta <= 1)) {
      throw new UsageError("DiffusionSample", "eta must be in [0, 1]", { got: `${eta}` });
    }
    this.settings = settings;
  }

  async *run(
    parts: DiffusionSampleParts,
    options: RunOptions = {},
  ): AsyncGenerator<PrepareEvent | DenoiseEvent, HostArray> {
    const { count, batchSize = 64, steps, eta = 1, seed = 0 } = this.settings;
    const { condition, noise, shape } = parts;
    if (condition !== undefined && condition.shape[0] !== count) {
      throw new UsageError("DiffusionSample", "condition must have a row per example", {
        got: `${condition.shape[0]} for ${count}`,
      });
    }
    const table = denoisingSteps(noise, steps ?? noise.alphaBars.length, eta);
    const generator = new Generator(seed);
    const step = compile(stepOf(parts, this.settings, generator));
    const rows = new ExampleRows(count);
    try {
      while (rows.made < count) {
        const size = Math.min(batchSize, count - rows.made);
        const given = condition && toTensor(sliceRows(condition, rows.made, rows.made + size));
        const noisy = generator.normal([size, ...shape]);
        const place = { made: rows.made, count };
        const batch = yield* denoised(step, table, noisy, given, place, options);
        given?.dispose();
        await rows.take(batch);
      }
    } finally {
      step.dispose();
    }
    return rows.array();
  }
}

type Step = (x: Tensor, numbers: Tensor, condition?: Tensor) => Tensor;

/** A step whose numbers come as a tensor, so that one recording serves for all. */
function stepOf(
  { model }: DiffusionSampleParts,
  { eta = 1, clip: bounds }: DiffusionSampleSettings,
  generator: Generator,
): Step {
  return (x, numbers, condition) => {
    const [t, scale, share, ofExample, ofX, sigma] = split(numbers, 6) as [
      ...[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor],
    ];
    const times = broadcastTo(cast(t, "i32"), [x.shape[0] as number]);
    const guess = sub(mul(x, scale), mul(model(x, times, condition), share));
    const example = bounds === undefined ? guess : clip(guess, { min: bounds[0], max: bounds[1] });
    const next = add(mul(example, ofExample), mul(x, ofX));
    return eta === 0 ? next : add(next, mul(generator.normal(x.shape), sigma));
  };
}

/** Takes all steps with a batch, which is freed on the way. */
async function* denoised(
  step: Compiled<Parameters<Step>, Tensor>,
  table: readonly DenoisingStep[],
  start: Tensor,
  condition: Tensor | undefined,
  place: { readonly made: number; readonly count: number },
  { signal }: RunOptions,
): AsyncGenerator<PrepareEvent | DenoiseEvent, Tensor> {
  let x = start;
  let isThere: Promise<unknown> | undefined;
  for (const [i, { t, scale, share, ofExample, ofX, sigma }] of table.entries()) {
    signal?.throwIfAborted();
    const numbers = tensor([t, scale, share, ofExample, ofX, sigma]);
    const args: Parameters<Step> = condition === undefined ? [x, numbers] : [x, numbers, condition];
    if (i === 0) {
      yield* reported<PrepareEvent, unknown>((tell) =>
        step.prepare(args, (done, total) => tell({ type: "prepare", done, total })),
      );
    }
    const next = untaped(() => scope(() => step(...args)));
    for (const used of [x, numbers]) used.dispose();
    x = next;
    if ((i + 1) % AHEAD === 0) {
      await isThere;
      isThere = slice(
        x,
        x.shape.map(() => 0),
      ).data();
      isThere.catch(() => undefined); // thrown where it is awaited
    }
    yield { type: "step", step: i + 1, steps: table.length, ...place };
  }
  await isThere;
  return x;
}
