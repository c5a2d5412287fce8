// A network that tells the noise in points of the plane.

import { type Tensor, concat, silu } from "../../src/index.ts";
import { MLP, Module, SinusoidalEmbed } from "../../src/nn/index.ts";

/** `[batch, 2]` and steps `[batch]` to the noise, `[batch, 2]`. */
export class PointDenoiser extends Module<(x: Tensor, t: Tensor) => Tensor> {
  readonly time: SinusoidalEmbed;
  readonly mlp: MLP = new MLP([128, 128, 128, 2], { activation: silu });

  /** @param steps  of the noise. */
  constructor(steps: number) {
    super("point_denoiser");
    this.time = new SinusoidalEmbed(32, { base: steps });
  }

  forward(x: Tensor, t: Tensor): Tensor {
    return this.mlp(concat([x, this.time(t)], 1));
  }
}
