// An encoder and a decoder of images in black and white.

import { MLP } from "../../src/nn/index.ts";

const PIXELS = 784;

/** From images to means and log variances of the latents, and from latents to logits of pixels. */
export function imageCoder(latents: number): { encoder: MLP; decoder: MLP } {
  return {
    encoder: new MLP([400, 2 * latents], { name: "encoder" }),
    decoder: new MLP([400, PIXELS], { name: "decoder" }),
  };
}
