// Sines and cosines of numbers: how networks are told a time, a position or a level of noise.

import { UsageError } from "../errors.ts";
import { mul } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { tensor } from "../ops/creation.ts";
import { concat } from "../ops/slice.ts";
import { cos, sin } from "../ops/unary.ts";
import { expandDims } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Options of `SinusoidalEmbed`. */
export interface SinusoidalEmbedOptions {
  /** The longest wave has about 2π times this length, the shortest 2π. Default 10000. */
  readonly base?: number;
  readonly name?: string;
}

/**
 * `[…]` to `[…, size]`: sin(t / base^(2i / size)) in the first half, cosines in the second, for
 * i = 0 … size/2 − 1. No variables.
 *
 * @see Vaswani et al. 2017, Attention Is All You Need, §3.5; Ho et al. 2020, appendix B.
 */
export class SinusoidalEmbed extends Module<(t: Tensor) => Tensor> {
  static readonly defaultName: string = "sinusoidal_embed";
  readonly size: number;
  readonly base: number;

  /** @throws {UsageError} unless the size is even and positive. */
  constructor(size: number, options: SinusoidalEmbedOptions = {}) {
    super(options.name);
    if (!Number.isInteger(size / 2) || size < 2) {
      throw new UsageError(this.moduleName, "size must be even and positive", { got: `${size}` });
    }
    this.size = size;
    this.base = options.base ?? 10000;
  }

  /** @param t  `[…]` of any numbers: steps, say. */
  forward(t: Tensor): Tensor {
    const half = this.size / 2;
    const rates = Float32Array.from({ length: half }, (_, i) => this.base ** (-i / half));
    const angles = mul(expandDims(cast(t, "f32"), -1), tensor(rates));
    return concat([sin(angles), cos(angles)], -1);
  }
}
