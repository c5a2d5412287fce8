// A network that tells the noise in points of the plane.

import { type Tensor, concat, silu } from "../../src/index.ts";
import { MLP, Module, SinusoidalEmbed } from "../../src/nn/index.ts";

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
