// Generators and discriminators, of points and of images.

import { type Tensor, relu, tanh } from "../../src/index.ts";
import {
  Conv2D,
  Conv2DTranspose,
  GroupNorm,
  Linear,
  MLP,
  Module,
  Reshape,
  Sequential,
  SpectralNorm,
} from "../../src/nn/index.ts";

type Net = Module<(x: Tensor) => Tensor>;

/** Two networks that learn from each other. */
export interface Pair {
  /** From noise to examples. */
  readonly generator: Net;
  /** From examples to scores. */
  readonly discriminator: Net;
}

/** Networks of points of the plane. */
export const pointNets = (): Pair => ({
  generator: new MLP([64, 64, 64, 2], { name: "generator" }),
  discriminator: new MLP([64, 64, 64, 1], { name: "discriminator" }),
});

/** From noise to `[batch, 28, 28, 1]` between −1 and 1. */
class ImageGenerator extends Module<(noise: Tensor) => Tensor> {
  readonly seed: Linear = new Linear(7 * 7 * 64);
  readonly norms: readonly GroupNorm[] = [new GroupNorm(8), new GroupNorm(8)];
  readonly middle: Conv2DTranspose = new Conv2DTranspose(32, 4, { stride: 2 });
  readonly last: Conv2DTranspose = new Conv2DTranspose(1, 4, { stride: 2 });

  forward(noise: Tensor): Tensor {
    const [norm1, norm2] = this.norms as [GroupNorm, GroupNorm];
    const seed = this.seed(noise).reshape([-1, 7, 7, 64]);
    const h = this.middle(norm1(seed).relu()); // [batch, 14, 14, 32]
    return this.last(norm2(h).relu()).tanh();
  }
}

/** From images to scores; no layer stretches what it is given. */
class ImageDiscriminator extends Module<(images: Tensor) => Tensor> {
  readonly convs: readonly SpectralNorm[] = [
    new SpectralNorm(new Conv2D(32, 4, { stride: 2 })),
    new SpectralNorm(new Conv2D(64, 4, { stride: 2 })),
  ];
  readonly score: SpectralNorm = new SpectralNorm(new Linear(1));

  forward(images: Tensor): Tensor {
    const call = { isTraining: true };
    let h = images;
    for (const conv of this.convs) h = conv(h, call).leakyRelu({ alpha: 0.1 });
    return this.score(h.reshape([-1, 7 * 7 * 64]), call);
  }
}

/** Networks of images of 28 × 28 pixels. */
export const imageNets = (): Pair => ({
  generator: new ImageGenerator("generator"),
  discriminator: new ImageDiscriminator("discriminator"),
});

/** From small images to scores, without convolutions. */
class SmallDiscriminator extends Module<(images: Tensor) => Tensor> {
  readonly layers: readonly SpectralNorm[] = [128, 64, 1].map((size) => {
    return new SpectralNorm(new Linear(size));
  });

  forward(images: Tensor): Tensor {
    const rows = images.reshape([images.shape[0] as number, -1]);
    return this.layers.reduce((h, layer, i) => {
      return layer(i === 0 ? h : h.leakyRelu({ alpha: 0.1 }), { isTraining: true });
    }, rows);
  }
}

/** Networks of images of so many pixels a side, few enough for a plain network. */
export const smallImageNets = (side: number): Pair => ({
  generator: new Sequential(
    [new MLP([64, 128, side * side], { activation: relu }), tanh, new Reshape([side, side, 1])],
    "generator",
  ),
  discriminator: new SmallDiscriminator("discriminator"),
});
