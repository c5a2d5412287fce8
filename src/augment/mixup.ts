// Images and labels mixed in pairs.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { gather } from "../ops/gather.ts";
import { oneHot } from "../ops/oneHot.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { argSort } from "../ops/sort.ts";
import { mean } from "../ops/sum.ts";
import { floor, sqrt } from "../ops/unary.ts";
import { reshape } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import { isFloat } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Draws, type RandomOptions, requireImages } from "./imageTransform.ts";
import { rectangles } from "./randomErasing.ts";
import { symmetricBeta } from "./symmetricBeta.ts";

/** From inputs and labels to others: what `SupervisedTrain` takes as `augment`. */
export type BatchTransform = (inputs: Tensor, labels: Tensor) => readonly [Tensor, Tensor];

/** Options of `mixup` and `cutmix`. */
export interface MixOptions extends RandomOptions {
  /** Classes that whole-number labels count. Labels may also be probabilities already. */
  readonly classes: number;
  /** Shares are drawn from Beta(α, α): the smaller, the closer to 0 and 1. */
  readonly alpha?: number;
}

/**
 * Each example with a share of another one of the batch, inputs and labels alike.
 *
 *   x = λ xᵢ + (1 − λ) xⱼ,  q = λ qᵢ + (1 − λ) qⱼ,  λ ~ Beta(α, α), by default 0.2
 *
 * @returns  a function of inputs `[batch, …]` f32 and labels `[batch]` i32 or `[batch, classes]` f32, that
 *           gives the mixed inputs and labels `[batch, classes]`, which `crossEntropy` takes.
 * @see Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization.
 */
export function mixup(options: MixOptions): BatchTransform {
  const { alpha = 0.2, classes, generator = defaultGenerator } = options;
  requireAlpha("mixup", alpha);
  return (inputs, labels) =>
    scope(() => {
      const soft = softLabels("mixup", inputs, labels, classes);
      const batch = inputs.shape[0] as number;
      const partners = partnersOf(generator, batch);
      const share = symmetricBeta(generator, [batch], alpha);
      return [mixed(inputs, partners, share), mixed(soft, partners, share)] as const;
    });
}

/**
 * A rectangle of each image from another one of the batch, and the labels by their parts of the area. α is
 * by default 1.
 *
 * @returns  a function as `mixup`'s, of images `[batch, height, width, channels]`.
 * @see Yun et al. 2019, CutMix.
 */
export function cutmix(options: MixOptions): BatchTransform {
  const { alpha = 1, classes, generator = defaultGenerator } = options;
  requireAlpha("cutmix", alpha);
  return (images, labels) => {
    requireImages("cutmix", images);
    return scope(() => {
      const soft = softLabels("cutmix", images, labels, classes);
      const [batch, height, width] = images.shape as [number, number, number];
      const partners = partnersOf(generator, batch);
      const draws = new Draws(images, options);
      const side = sqrt(sub(1, symmetricBeta(generator, [batch, 1, 1, 1], alpha)));
      const sides = (length: number) => {
        const own = floor(mul(side, length));
        const middle = floor(draws.between([0, length]));
        return { start: sub(middle, floor(mul(own, 0.5))), length: own };
      };
      const mask = rectangles(images, sides(height), sides(width));
      const share = sub(1, mean(cast(mask, "f32"), [1, 2, 3]));
      return [where(mask, gather(images, partners), images), mixed(soft, partners, share)] as const;
    });
  };
}

function mixed(x: Tensor, partners: Tensor, share: Tensor): Tensor {
  const own = reshape(share, [x.shape[0] as number, ...Array<number>(x.rank - 1).fill(1)]);
  const other = gather(x, partners);
  return add(other, mul(sub(x, other), own));
}

/** 0 … n − 1 in random order, drawn on the GPU. */
function partnersOf(generator: Generator, batch: number): Tensor {
  return argSort(generator.uniform([batch]));
}

function softLabels(op: string, inputs: Tensor, labels: Tensor, classes: number): Tensor {
  const soft = isFloat(labels.dtype) ? labels : oneHot(labels, classes);
  if (soft.rank === 2 && soft.shape[0] === inputs.shape[0] && soft.shape[1] === classes)
    return soft;
  const got = `inputs ${shapeText(inputs.shape)} and labels ${shapeText(labels.shape)}`;
  const rule = `labels must be [batch] classes or [batch, ${classes}] probabilities`;
  throw new ShapeError(op, rule, { got });
}

function requireAlpha(op: string, alpha: number): void {
  if (alpha > 0 && Number.isFinite(alpha)) return;
  throw new UsageError(op, "alpha must be a positive number", { got: `${alpha}` });
}
