// The examples' nets as exporters take them: a function and its arguments.

import { PoleNet } from "../../examples/cartpole/net.ts";
import { LSTMNet, TransformerNet } from "../../examples/characters/net.ts";
import { ImageDenoiser, PointDenoiser } from "../../examples/diffusion/net.ts";
import { digitsNet } from "../../examples/digits/net.ts";
import { imageNets } from "../../examples/gan/net.ts";
import { ConvNet, ResidualNet } from "../../examples/images/net.ts";
import { TransferNet } from "../../examples/transfer/net.ts";
import { imageCoder as vaeCoder } from "../../examples/vae/net.ts";
import { imageCoder as vqvaeCoder } from "../../examples/vqvae/net.ts";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { randomTensor } from "./check.ts";

export type Forward = (...args: never[]) => unknown;

const characters = (): Tensor => renga.tensor([[0, 3, 2, 4], [1, 1, 0, 2]], { dtype: "i32" }); // prettier-ignore
const image = (): Tensor => randomTensor([2, 28, 28, 1]);

/** By the example's name. */
export const NETS: Readonly<Record<string, () => readonly [Forward, readonly Tensor[]]>> = {
  digits: () => [digitsNet(), [randomTensor([2, 14, 14])]],
  images: () => [new ConvNet(), [randomTensor([2, 28, 28])]],
  residual: () => [new ResidualNet(), [randomTensor([2, 28, 28])]],
  transfer: () => [new TransferNet(), [image()]],
  "characters, LSTM": () => [new LSTMNet(5, { size: 8 }), [characters()]],
  "characters, transformer": () => [new TransformerNet(5, { size: 8, heads: 2 }), [characters()]],
  "points, diffusion": () => [new PointDenoiser(50), [randomTensor([2, 2]), renga.tensor([3, 40])]],
  "digits, diffusion": () => [
    new ImageDenoiser(50, 196, 16),
    [randomTensor([2, 196]), renga.tensor([3, 40])],
  ],
  "VAE, encoder": () => [vaeCoder(4, 16).encoder, [randomTensor([2, 784])]],
  "VAE, decoder": () => [vaeCoder(4, 16).decoder, [randomTensor([2, 4])]],
  "VQ-VAE, encoder": () => [vqvaeCoder().encoder, [image()]],
  "VQ-VAE, decoder": () => [vqvaeCoder().decoder, [randomTensor([2, 7, 7, 16])]],
  "GAN, generator": () => [imageNets().generator, [randomTensor([2, 64])]],
  cartpole: () => [new PoleNet([16], 2, renga.relu), [randomTensor([2, 4])]],
};
