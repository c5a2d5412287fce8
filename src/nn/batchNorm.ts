// Batch norm, with any statistics for evaluation or with moving averages.

import { ShapeError, shapeText } from "../errors.ts";
import { batchNorm } from "../ops/batchNorm.ts";
import { mul } from "../ops/binary.ts";
import { reshape } from "../ops/views.ts";
import { currentNameScope, withNameScope } from "../tensor/nameScope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type AffineFlags, type NormCall, type NormOptions, applyAffine } from "./affine.ts";
import { chosenAffine, makeOffset, makeScale, requireAffine } from "./affine.ts";
import { channelIndex, channelsOf, perChannelShape } from "./channels.ts";
import { requireIsTraining } from "./isTraining.ts";
import { Module } from "./module.ts";
import { ExponentialMovingAverage, type Metric } from "./statistics.ts";

/** How batch norm is called. */
export interface BatchNormCall extends NormCall {
  /** Normalise by the batch and take its statistics in. */
  readonly isTraining: boolean;
  /** Normalise by the batch in evaluation too. Default false. */
  readonly testLocalStats?: boolean;
}

/** What keeps the statistics of batches. */
export type BatchStatistic = Pick<Metric, "initialize" | "update" | "value">;

/**
 * y = (x − mean) / √(variance + ε) · scale + offset, with the mean and the biased variance over all axes
 * but the channels: of the batch in training, of `movingMean` and `movingVariance` afterwards.
 *
 * Variables: `scale` and `offset`, a number per channel, which are not trainable where they were not
 * asked for, and those of the statistics, which have the rank of the input. As in Sonnet, the variance of
 * images with channels last is kept as the unbiased one, of other inputs as the biased one.
 *
 * @see Ioffe & Szegedy 2015, Batch Normalization.
 */
export class BaseBatchNorm extends Module<(x: Tensor, call: BatchNormCall) => Tensor> {
  static readonly defaultName: string = "base_batch_norm";
  readonly createScale: boolean;
  readonly createOffset: boolean;
  readonly movingMean: BatchStatistic;
  readonly movingVariance: BatchStatistic;
  readonly options: NormOptions;
  scale!: Variable;
  offset!: Variable;
  #rank: number | undefined;

  constructor(
    createScale: boolean,
    createOffset: boolean,
    movingMean: BatchStatistic,
    movingVariance: BatchStatistic,
    options: NormOptions = {},
  ) {
    super(options.name);
    requireAffine(this.moduleName, { createScale, createOffset }, options);
    this.createScale = createScale;
    this.createOffset = createOffset;
    this.movingMean = movingMean;
    this.movingVariance = movingVariance;
    this.options = options;
  }

  /** Whether the variance of images with channels last is kept as the unbiased one. */
  protected get keepsUnbiased(): boolean {
    return true;
  }

  initialize(x: Tensor, mean: Tensor, variance: Tensor): void {
    if (this.#rank !== undefined) return;
    this.movingMean.initialize(mean);
    this.movingVariance.initialize(variance);
    this.scale = makeScale(x, this.options, this.createScale);
    this.offset = makeOffset(x, this.options, this.createOffset);
    this.#rank = x.rank;
  }

  /**
   * @param x  `[batch, …, channels]`, or by `dataFormat`.
   * @throws {UsageError} unless the call says whether it trains.
   */
  forward(x: Tensor, call: BatchNormCall): Tensor {
    const isTraining = requireIsTraining(this.moduleName, call);
    const { testLocalStats = false } = call;
    if (x.rank !== (this.#rank ?? x.rank) || x.rank < 2) {
      throw new ShapeError(
        this.moduleName,
        "inputs must have a batch axis, and the same rank always",
        {
          got: `${shapeText(x.shape)}${this.#rank === undefined ? "" : ` after rank ${this.#rank}`}`,
        },
      );
    }
    const index = channelIndex(this.options.dataFormat ?? "channels_last");
    const channels = channelsOf(x, index);
    const kept = [1, ...perChannelShape(x, index)];
    while (kept.length < x.rank) kept.splice(1, 0, 1);
    const byChannels = this.#options(x, index);
    const useBatch = isTraining || testLocalStats;
    const isFirst = this.#rank === undefined;
    const found = useBatch || isFirst ? batchNorm(x, byChannels) : undefined;
    if (isFirst && found !== undefined) {
      this.initialize(x, reshape(found.mean, kept), reshape(found.variance, kept));
    }
    const affine = chosenAffine(this.moduleName, this as AffineFlags, this, call);
    if (useBatch && found !== undefined) {
      if (isTraining) this.#keep(x, index, kept, found);
      return applyAffine(found.y, affine);
    }
    const [mean, variance] = [this.movingMean, this.movingVariance].map(({ value }) => {
      return reshape(value, [channels]);
    }) as [Tensor, Tensor];
    return applyAffine(batchNorm(x, { ...byChannels, mean, variance }).y, affine);
  }

  #options(x: Tensor, index: 1 | -1): { epsilon: number; dataFormat?: "NCW" | "NCHW" | "NCDHW" } {
    const epsilon = this.options.eps ?? 1e-5;
    if (index === -1 || x.rank === 2) return { epsilon };
    const dataFormat = (["NCW", "NCHW", "NCDHW"] as const)[x.rank - 3];
    if (dataFormat !== undefined) return { epsilon, dataFormat };
    throw new ShapeError(this.moduleName, "channels can come first with up to three spatial axes", {
      got: shapeText(x.shape),
    });
  }

  #keep(
    x: Tensor,
    index: 1 | -1,
    kept: readonly number[],
    { mean, variance }: { readonly mean: Tensor; readonly variance: Tensor },
  ): void {
    const count = x.size / channelsOf(x, index);
    const isImage = this.keepsUnbiased && x.rank === 4 && index === -1;
    const factor = isImage && count > 1 ? count / (count - 1) : 1;
    this.movingMean.update(reshape(mean, kept));
    this.movingVariance.update(reshape(factor === 1 ? variance : mul(variance, factor), kept));
  }
}

/** Options of `BatchNorm`. */
export interface BatchNormOptions extends NormOptions {
  /** How much of the moving averages stays at each batch. Default 0.999. */
  readonly decayRate?: number;
}

/** Batch norm with moving averages of the batches' means and variances. */
export class BatchNorm extends BaseBatchNorm {
  static override readonly defaultName: string = "batch_norm";
  constructor(createScale: boolean, createOffset: boolean, options: BatchNormOptions = {}) {
    const { decayRate = 0.999, name = "batch_norm" } = options;
    const [mean, variance] = ["moving_mean", "moving_variance"].map((part) => {
      return withNameScope(`${currentNameScope()}${name}/`, () => {
        return new ExponentialMovingAverage(decayRate, part);
      });
    }) as [ExponentialMovingAverage, ExponentialMovingAverage];
    super(createScale, createOffset, mean, variance, { ...options, name });
  }
}
