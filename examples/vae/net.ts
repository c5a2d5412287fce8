// An encoder and a decoder of images in black and white.

import { MLP } from "../../src/nn/index.ts";

const PIXELS = 784;

/** From images to means and log variances of the latents, and from latents to logits of pixels. */
export interface Coder {
  readonly encoder: MLP;
  readonly decoder: MLP;
}

export function imageCoder(latents: number, hidden: number): Coder {
  return {
    encoder: new MLP([hidden, 2 * latents], { name: "encoder" }),
    decoder: new MLP([hidden, PIXELS], { name: "decoder" }),
  };
}
