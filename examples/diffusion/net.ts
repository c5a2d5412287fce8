// Networks that tell the noise in points of the plane, and in small images.

import { type Tensor, concat, silu } from "../../src/index.ts";
import { Linear, MLP, Module, SinusoidalEmbed } from "../../src/nn/index.ts";

/** What coordinates are multiplied by before they become waves: the shortest is 2π / 10 long. */
const PITCH = 10;

/** `[batch, 2]` and steps `[batch]` to the noise, `[batch, 2]`. */
export class PointDenoiser extends Module<(x: Tensor, t: Tensor) => Tensor> {
  readonly time: SinusoidalEmbed;
  /** Waves of each coordinate: fine lines are told more easily by them. */
  readonly place: SinusoidalEmbed = new SinusoidalEmbed(16, { base: 30 });
  readonly mlp: MLP = new MLP([128, 128, 128, 2], { activation: silu });

  /** @param steps  of the noise. */
  constructor(steps: number) {
    super("point_denoiser");
    this.time = new SinusoidalEmbed(32, { base: steps });
  }

  forward(x: Tensor, t: Tensor): Tensor {
    const places = this.place(x.mul(PITCH)).reshape([-1, 32]);
    return this.mlp(concat([x, places, this.time(t)], 1));
  }
}

/** Adds to what it is given, `[batch, width]`, what it makes of it and of the time. */
class ResidualBlock extends Module<(x: Tensor, time: Tensor) => Tensor> {
  readonly mlp: MLP;

  constructor(width: number) {
    super();
    this.mlp = new MLP([width, width], { activation: silu });
  }

  forward(x: Tensor, time: Tensor): Tensor {
    return x.add(this.mlp(concat([x, time], 1)));
  }
}

/** Images as rows `[batch, pixels]` and steps `[batch]` to the noise, `[batch, pixels]`. */
export class ImageDenoiser extends Module<(x: Tensor, t: Tensor) => Tensor> {
  readonly time: SinusoidalEmbed;
  /** How much of the image is noise, by the time: what is left to tell is small. */
  readonly share: Linear = new Linear(1);
  readonly first: Linear;
  readonly blocks: readonly ResidualBlock[];
  readonly last: Linear;

  /** @param steps  of the noise. */
  constructor(steps: number, pixels: number, width: number) {
    super("image_denoiser");
    this.time = new SinusoidalEmbed(64, { base: steps });
    this.first = new Linear(width);
    this.blocks = [1, 2, 3].map(() => new ResidualBlock(width));
    this.last = new Linear(pixels);
  }

  forward(x: Tensor, t: Tensor): Tensor {
    const time = this.time(t);
    let h = this.first(x);
    for (const block of this.blocks) h = block(h, time);
    return this.last(silu(h)).add(x.mul(this.share(time)));
  }
}
