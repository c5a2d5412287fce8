// An encoder, a codebook and a decoder: an image becomes a 7 by 7 grid of entries of the codebook.

import { type Tensor, relu, sigmoid } from "../../src/index.ts";
import {
  BatchNorm,
  Conv2D,
  Conv2DTranspose,
  Module,
  type Quantized,
  Sequential,
  VectorQuantizerEMA,
} from "../../src/nn/index.ts";

/** Entries of the codebook. */
export const CODES = 64;

/** Length of an entry. */
const DEPTH = 16;

/** Channels at 14 by 14 and at 7 by 7. */
const [FINE, COARSE] = [16, 32];

/**
 * A vector quantizer after a norm that spreads what is to be coded around 0, where unused entries of the
 * codebook wait: without it most of them are never used.
 */
export class CentredQuantizer extends Module<
  (x: Tensor, call: { readonly isTraining: boolean }) => Quantized
> {
  static readonly defaultName: string = "quantizer";
  readonly norm: BatchNorm = new BatchNorm(false, false, { decayRate: 0.98 });
  readonly codebook: VectorQuantizerEMA = new VectorQuantizerEMA(DEPTH, CODES, 0.25, 0.98);

  forward(x: Tensor, call: { readonly isTraining: boolean }): Quantized {
    return this.codebook(this.norm(x, call), call);
  }
}

/** The three parts. */
export interface Coder {
  /** `[batch, 28, 28, 1]` to `[batch, 7, 7, 16]`. */
  readonly encoder: Sequential;
  readonly quantizer: CentredQuantizer;
  /** Back again, in (0, 1). */
  readonly decoder: Sequential;
}

export const imageCoder = (): Coder => ({
  encoder: new Sequential(
    [
      new Conv2D(FINE, 4, { stride: 2 }), // [batch, 14, 14, 16]
      relu,
      new Conv2D(COARSE, 4, { stride: 2 }), // [batch, 7, 7, 32]
      relu,
      new Conv2D(DEPTH, 1),
    ],
    "encoder",
  ),
  quantizer: new CentredQuantizer(),
  decoder: new Sequential(
    [
      new Conv2D(COARSE, 3),
      relu,
      new Conv2DTranspose(FINE, 4, { stride: 2 }), // [batch, 14, 14, 16]
      relu,
      new Conv2DTranspose(1, 4, { stride: 2 }), // [batch, 28, 28, 1]
      sigmoid,
    ],
    "decoder",
  ),
});
