// A convolutional network for small images.

import { UsageError } from "../../errors.ts";
import { relu } from "../../ops/activations.ts";
import type { DataFormat } from "../../ops/convGeometry.ts";
import { mean } from "../../ops/sum.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { BatchNorm } from "../batchNorm.ts";
import { channelIndex } from "../channels.ts";
import { Conv2D } from "../conv2D.ts";
import type { Initializer } from "../initializers.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";

/** Options of `Cifar10ConvNet`. */
export interface Cifar10ConvNetOptions {
  /** Default 10. */
  readonly numClasses?: number;
  readonly wInit?: Initializer;
  readonly bInit?: Initializer;
  /** Default "NHWC". */
  readonly dataFormat?: DataFormat;
  /** Of each convolution. */
  readonly outputChannels?: readonly number[];
  /** Of each convolution. */
  readonly strides?: readonly number[];
  readonly name?: string;
}

/** How the network is called. */
export interface Cifar10ConvNetCall {
  readonly isTraining: boolean;
  /** Norms by the batch in evaluation too. Default true. */
  readonly testLocalStats?: boolean;
}

/** Logits `[batch, numClasses]`, and what every layer made on the way, the pooled one last. */
export interface Cifar10ConvNetOutput {
  readonly logits: Tensor;
  readonly activations: readonly Tensor[];
}

const CHANNELS = [64, 64, 128, 128, 128, 256, 256, 256, 512, 512, 512];
const STRIDES = [1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1];

/** Convolutions of 3 × 3, each with its norm and relu, the mean over the image, and a linear layer. */
export class Cifar10ConvNet extends Module<
  (x: Tensor, call: Cifar10ConvNetCall) => Cifar10ConvNetOutput
> {
  static readonly defaultName: string = "cifar10_conv_net";
  readonly bnModules: readonly BatchNorm[];
  readonly convModules: readonly Conv2D[];
  readonly logitsModule: Linear;
  readonly dataFormat: DataFormat;

  constructor(options: Cifar10ConvNetOptions = {}) {
    super(options.name);
    const { numClasses = 10, wInit, bInit, dataFormat = "NHWC" } = options;
    const { outputChannels = CHANNELS, strides = STRIDES } = options;
    if (outputChannels.length !== strides.length) {
      throw new UsageError(this.moduleName, "outputChannels and strides must be as long", {
        got: `${outputChannels.length} and ${strides.length}`,
      });
    }
    const inits = { ...(wInit && { wInit }), ...(bInit && { bInit }) };
    const parts = withNameScope(this.nameScope, () => ({
      conv: outputChannels.map((channels, i) => {
        const given = { stride: strides[i] as number, dataFormat, name: `conv_2d_${i}` };
        return new Conv2D(channels, 3, { ...inits, ...given });
      }),
      bn: outputChannels.map((_, i) => {
        return new BatchNorm(false, true, { dataFormat, name: `batch_norm_${i}` });
      }),
      logits: new Linear(numClasses, { ...inits, name: "logits" }),
    }));
    this.dataFormat = dataFormat;
    this.convModules = parts.conv;
    this.bnModules = parts.bn;
    this.logitsModule = parts.logits;
  }

  forward(x: Tensor, call: Cifar10ConvNetCall): Cifar10ConvNetOutput {
    const { isTraining, testLocalStats = true } = call;
    const activations: Tensor[] = [];
    const last = this.convModules.reduce((value, conv, i) => {
      const norm = this.bnModules[i] as BatchNorm;
      const y = relu(norm(conv(value), { isTraining, testLocalStats }));
      activations.push(y);
      return y;
    }, x);
    const pooled = mean(last, channelIndex(this.dataFormat) === 1 ? [2, 3] : [1, 2]);
    activations.push(pooled);
    return { logits: this.logitsModule(pooled), activations };
  }
}
