// Networks of images: a plain convolutional one, and one with residual blocks.

import type { Tensor } from "../../src/index.ts";
import { BatchNorm, Conv2D, Linear, Module } from "../../src/nn/index.ts";

/** From images `[batch, 28, 28]` to ten logits. */
export type ImageNet = Module<(images: Tensor, call?: { readonly isTraining: boolean }) => Tensor>;

/** `[batch, 28, 28]` to four channels around 0, at half the size: twice two pixels are one. */
function prepared(images: Tensor): Tensor {
  const batch = images.shape[0] as number;
  const blocks = images.reshape([batch, 14, 2, 14, 2]).transpose([0, 1, 3, 2, 4]);
  return blocks.reshape([batch, 14, 14, 4]).sub(0.3).mul(3);
}

/** Three convolutions and two dense layers. */
export class ConvNet extends Module<(images: Tensor) => Tensor> {
  readonly convs: readonly Conv2D[] = [
    new Conv2D(32, 3),
    new Conv2D(64, 3, { stride: 2 }),
    new Conv2D(64, 3),
  ];
  readonly hidden: Linear = new Linear(128);
  readonly logits: Linear = new Linear(10);

  /** What the logits are made from, `[batch, 128]`. */
  features(images: Tensor): Tensor {
    let h = prepared(images);
    for (const conv of this.convs) h = conv(h).relu(); // at last [batch, 7, 7, 64]
    return this.hidden(h.reshape([-1, 7 * 7 * 64])).relu();
  }

  forward(images: Tensor): Tensor {
    return this.logits(this.features(images));
  }
}

const norm = (): BatchNorm => new BatchNorm(true, true, { decayRate: 0.95 });

/** x + f(x) with two convolutions in f, each after a norm and a rectifier; x at another size if asked. */
class ResidualBlock extends Module<(x: Tensor, isTraining: boolean) => Tensor> {
  readonly norms: readonly BatchNorm[] = [norm(), norm()];
  readonly convs: readonly Conv2D[];
  readonly shortcut: Conv2D | undefined;

  constructor(channels: number, stride = 1) {
    super();
    const conv = (size: number, stride: number): Conv2D =>
      new Conv2D(channels, size, { stride, withBias: false });
    this.convs = [conv(3, stride), conv(3, 1)];
    this.shortcut = stride > 1 ? conv(1, stride) : undefined;
  }

  forward(x: Tensor, isTraining: boolean): Tensor {
    const [norm1, norm2] = this.norms as [BatchNorm, BatchNorm];
    const [conv1, conv2] = this.convs as [Conv2D, Conv2D];
    const active = norm1(x, { isTraining }).relu();
    const inner = conv2(norm2(conv1(active), { isTraining }).relu());
    return inner.add(this.shortcut === undefined ? x : this.shortcut(active));
  }
}

/** Three residual blocks. */
export class ResidualNet extends Module<
  (images: Tensor, call?: { readonly isTraining: boolean }) => Tensor
> {
  readonly stem: Conv2D = new Conv2D(32, 3, { withBias: false });
  readonly blocks: readonly ResidualBlock[] = [
    new ResidualBlock(32),
    new ResidualBlock(64, 2),
    new ResidualBlock(64),
  ];
  readonly norm: BatchNorm = norm();
  readonly logits: Linear = new Linear(10);

  forward(images: Tensor, call?: { readonly isTraining: boolean }): Tensor {
    const isTraining = call?.isTraining ?? false;
    let h = this.stem(prepared(images)); // [batch, 14, 14, 32]
    for (const block of this.blocks) h = block(h, isTraining);
    return this.logits(this.norm(h, { isTraining }).relu().mean([1, 2]));
  }
}
