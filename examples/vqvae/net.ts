// An autoencoder whose code is a 7 by 7 grid of entries of a codebook.

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

const COMMITMENT_COST = 0.25;
const DECAY = 0.98;

/** What the network makes of images. */
export interface Coded {
  /** `[batch, 28, 28, 1]` in (0, 1). */
  readonly reconstruction: Tensor;
  readonly quantized: Quantized;
}

/** `[batch, 28, 28, 1]` to 7 by 7 codes and back. */
export class VQVAE extends Module<(x: Tensor, call: { isTraining: boolean }) => Coded> {
  static readonly defaultName: string = "vqvae";
  readonly encoder: Sequential = new Sequential([
    new Conv2D(FINE, 4, { stride: 2, name: "encoder_1" }), // [batch, 14, 14, 16]
    relu,
    new Conv2D(COARSE, 4, { stride: 2, name: "encoder_2" }), // [batch, 7, 7, 32]
    relu,
    new Conv2D(DEPTH, 1, { name: "encoder_3" }),
  ]);
  /**
   * Spreads what is to be coded around 0, where unused entries of the codebook wait: without it most of them
   * are never used.
   */
  readonly norm: BatchNorm = new BatchNorm(false, false, { decayRate: 0.98 });
  readonly quantizer: VectorQuantizerEMA = new VectorQuantizerEMA(
    DEPTH,
    CODES,
    COMMITMENT_COST,
    DECAY,
  );
  readonly decoder: Sequential = new Sequential([
    new Conv2D(COARSE, 3, { name: "decoder_1" }),
    relu,
    new Conv2DTranspose(FINE, 4, { stride: 2, name: "decoder_2" }), // [batch, 14, 14, 16]
    relu,
    new Conv2DTranspose(1, 4, { stride: 2, name: "decoder_3" }), // [batch, 28, 28, 1]
    sigmoid,
  ]);

  forward(x: Tensor, call: { isTraining: boolean }): Coded {
    const quantized = this.quantizer(this.norm(this.encoder(x), call), call);
    return { reconstruction: this.decoder(quantized.quantize), quantized };
  }
}
