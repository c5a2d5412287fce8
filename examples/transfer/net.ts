// A small convolutional network with a head that can be replaced.

import { type Tensor, relu } from "../../src/index.ts";
import { Conv2D, Flatten, Linear, Module, withNameScope } from "../../src/nn/index.ts";

/** From images `[batch, 28, 28, 1]` to ten logits. */
export class TransferNet extends Module<(images: Tensor) => Tensor> {
  static readonly defaultName: string = "transfer_net";
  readonly convs: readonly Conv2D[];
  readonly hidden: Linear;
  readonly flatten: Flatten = new Flatten();
  head: Linear;

  constructor() {
    super();
    [this.convs, this.hidden, this.head] = withNameScope(this.nameScope, () => [
      [16, 32].map((channels, i) => new Conv2D(channels, 3, { stride: 2, name: `conv_${i}` })),
      new Linear(64, { name: "hidden" }),
      new Linear(10, { name: "head" }),
    ]);
  }

  forward(images: Tensor): Tensor {
    let x = images.sub(0.3).mul(3);
    for (const conv of this.convs) x = relu(conv(x)); // [batch, 14, 14, 16], [batch, 7, 7, 32]
    return this.head(relu(this.hidden(this.flatten(x))));
  }
}
