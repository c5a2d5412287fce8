// What augmentations have in common: batches of images, and random numbers for each image of its own.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { floor } from "../ops/unary.ts";
import { add, minimum, mul } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** From a batch of images to another one, `[batch, height, width, channels]` f32. */
export type ImageTransform = (images: Tensor) => Tensor;

/** What all random transforms take. */
export interface RandomOptions {
  /**
   * Where random numbers come from. Default: the library's generator, whose state training scenarios
   * save, so that a resumed run goes on to the same bits.
   */
  readonly generator?: Generator;
}

/** A number drawn anew for each image: between two bounds, or between −b and b. */
export type Span = number | readonly [low: number, high: number];

/**
 * The transforms one after the other.
 *
 *     const augment = chain(randomCrop({ padding: 4 }), randomFlip(), normalize(statistics));
 */
export function chain(...transforms: readonly ImageTransform[]): ImageTransform {
  return (images) => scope(() => transforms.reduce((x, transform) => transform(x), images));
}

/** A transform that checks what it is given, and whose own tensors are freed. */
export function imageTransform(op: string, body: (images: Tensor) => Tensor): ImageTransform {
  return (images) => {
    requireImages(op, images);
    return scope(() => body(images));
  };
}

/** @throws {ShapeError} unless x is a batch of images. @throws {DtypeError} unless it is f32. */
export function requireImages(op: string, x: Tensor): void {
  requireDtype(op, x.dtype, ["f32"]);
  if (x.rank === 4) return;
  throw new ShapeError(op, "images must be [batch, height, width, channels]", {
    got: shapeText(x.shape),
    remedy: "Give grey images a last axis of length 1: x.expandDims(-1).",
  });
}

/** @throws {UsageError} unless a number lies between bounds, both included. */
export function requireNumber(
  op: string,
  name: string,
  value: number,
  low: number,
  high: number = Infinity,
): void {
  if (value >= low && value <= high) return;
  const rule = `${name} must be ${high === Infinity ? `at least ${low}` : `in [${low}, ${high}]`}`;
  throw new UsageError(op, rule, { got: `${value}` });
}

/** Both bounds. @throws {UsageError} unless they are finite numbers in order, none below `least`. */
export function boundsOf(
  op: string,
  name: string,
  span: Span,
  least: number = -Infinity,
): readonly [number, number] {
  const [low, high] = typeof span === "number" ? [-span, span] : span;
  if (low <= high && low >= least && Number.isFinite(low) && Number.isFinite(high)) {
    return [low, high];
  }
  throw new UsageError(
    op,
    `${name} must be bounds in order${least > -Infinity ? ` from ${least}` : ""}`,
    {
      got: `[${low}, ${high}]`,
    },
  );
}

/** Draws one number per image, each `[batch, 1, 1, 1]`. */
export class Draws {
  readonly #generator: Generator;
  readonly #batch: number;

  constructor(images: Tensor, { generator = defaultGenerator }: RandomOptions) {
    this.#generator = generator;
    this.#batch = images.shape[0] as number;
  }

  /** Uniform in [low, high). */
  between([low, high]: readonly [number, number]): Tensor {
    return this.#generator.uniform([this.#batch, 1, 1, 1], low, high);
  }

  /** True with the probability. */
  chance(probability: number): Tensor {
    return this.#generator.bernoulli([this.#batch, 1, 1, 1], probability);
  }

  /** Whole numbers from low to high, both included, i32. */
  whole(low: number, high: number): Tensor {
    const drawn = floor(mul(this.between([0, 1]), high - low + 1));
    return cast(add(minimum(drawn, high - low), low), "i32");
  }
}
