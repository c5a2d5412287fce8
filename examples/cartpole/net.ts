// A small network of what one sees of a cart-pole.

import { type Tensor, tensor } from "../../src/index.ts";
import { MLP, Module } from "../../src/nn/index.ts";

/** Of x, ẋ, θ and θ̇: as large as they usually get. */
const SCALE = [2.4, 2.5, 0.21, 2.5];

/** From observations `[N, 4]` to `outputs` numbers. */
export class PoleNet extends Module<(observations: Tensor) => Tensor> {
  readonly mlp: MLP;

  constructor(hidden: readonly number[], outputs: number, activation: (x: Tensor) => Tensor) {
    super();
    this.mlp = new MLP([...hidden, outputs], { activation });
  }

  /** Angles are small beside speeds: without scaling the network would see them late. */
  forward(observations: Tensor): Tensor {
    return this.mlp(observations.div(tensor(SCALE)));
  }
}
