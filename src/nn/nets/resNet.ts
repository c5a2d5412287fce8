// Residual networks for images, with and without pre-activation.

import { UsageError } from "../../errors.ts";
import { relu } from "../../ops/activations.ts";
import { add } from "../../ops/binary.ts";
import { maxPool } from "../../ops/maxPool.ts";
import { mean } from "../../ops/sum.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { BatchNorm, type BatchNormOptions } from "../batchNorm.ts";
import { Conv2D } from "../conv2D.ts";
import { Zeros } from "../initializers.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { same } from "../pad.ts";

/** How nets with batch norm are called. */
export interface NetCall {
  readonly isTraining: boolean;
}

/** Options of `ResNet`. */
export interface ResNetOptions {
  /** Of every batch norm. Default: decayRate 0.9, eps 1e-5. */
  readonly bnConfig?: BatchNormOptions;
  /** Norms and activations before the convolutions. Default false. */
  readonly resnetV2?: boolean;
  /** Channels of the four groups. Default 256, 512, 1024, 2048. */
  readonly channelsPerGroupList?: readonly number[];
  readonly name?: string;
}

/** Options of a block. */
export interface BottleNeckBlockOptions {
  readonly name?: string;
}

type Net = (x: Tensor, call: NetCall) => Tensor;

const convolution = (channels: number, kernel: number, stride: number, name: string): Conv2D =>
  new Conv2D(channels, kernel, { stride, withBias: false, padding: same, name });

/** Kernel, stride and channels of the three convolutions of a block. */
function bottleNeck(channels: number, stride: number): [number, number, number][] {
  const inner = Math.floor(channels / 4);
  return [
    [1, 1, inner],
    [3, stride, inner],
    [1, 1, channels],
  ];
}

/** y = relu(shortcut + norm(conv(…))): three convolutions, each before its norm. */
export class BottleNeckBlockV1 extends Module<Net> {
  static readonly defaultName: string = "bottle_neck_block_v1";
  readonly layers: readonly (readonly [Conv2D, BatchNorm])[];
  readonly projConv: Conv2D | undefined;
  readonly projBatchnorm: BatchNorm | undefined;

  constructor(
    channels: number,
    stride: number,
    useProjection: boolean,
    bnConfig: BatchNormOptions,
    options: BottleNeckBlockOptions = {},
  ) {
    super(options.name);
    const norm = (given: BatchNormOptions): BatchNorm => {
      return new BatchNorm(true, true, { ...bnConfig, ...given });
    };
    const parts = withNameScope(this.nameScope, () => ({
      conv: useProjection ? convolution(channels, 1, stride, "shortcut_conv") : undefined,
      bn: useProjection ? norm({ name: "shortcut_batchnorm" }) : undefined,
      layers: bottleNeck(channels, stride).map(([kernel, step, out], i) => {
        // A block starts as its shortcut.
        const last = i === 2 ? { scaleInit: Zeros() } : {};
        const given = { name: `batchnorm_${i}`, ...last };
        return [convolution(out, kernel, step, `conv_${i}`), norm(given)] as const;
      }),
    }));
    this.projConv = parts.conv;
    this.projBatchnorm = parts.bn;
    this.layers = parts.layers;
  }

  forward(x: Tensor, call: NetCall): Tensor {
    const projected = this.projConv?.(x);
    const shortcut = projected === undefined ? x : this.projBatchnorm?.(projected, call);
    const y = this.layers.reduce((value, [conv, norm], i) => {
      const normed = norm(conv(value), call);
      return i < 2 ? relu(normed) : normed;
    }, x);
    return relu(add(y, shortcut as Tensor));
  }
}

/** y = shortcut + conv(relu(norm(…))): three convolutions, each after its norm. */
export class BottleNeckBlockV2 extends Module<Net> {
  static readonly defaultName: string = "bottle_neck_block_v2";
  readonly bn: readonly BatchNorm[];
  readonly conv: readonly Conv2D[];
  readonly projConv: Conv2D | undefined;

  constructor(
    channels: number,
    stride: number,
    useProjection: boolean,
    bnConfig: BatchNormOptions,
    options: BottleNeckBlockOptions = {},
  ) {
    super(options.name);
    const parts = withNameScope(this.nameScope, () => ({
      proj: useProjection ? convolution(channels, 1, stride, "shortcut_conv") : undefined,
      conv: bottleNeck(channels, stride).map(([kernel, step, out], i) => {
        return convolution(out, kernel, step, `conv_${i}`);
      }),
      bn: [0, 1, 2].map((i) => {
        return new BatchNorm(true, true, { ...bnConfig, name: `batchnorm_${i}` });
      }),
    }));
    this.projConv = parts.proj;
    this.conv = parts.conv;
    this.bn = parts.bn;
  }

  forward(x: Tensor, call: NetCall): Tensor {
    let shortcut = x;
    const y = this.conv.reduce((value, conv, i) => {
      const active = relu((this.bn[i] as BatchNorm)(value, call));
      if (i === 0 && this.projConv !== undefined) shortcut = this.projConv(active);
      return conv(active);
    }, x);
    return add(y, shortcut);
  }
}

/** Blocks of one size; the first has the stride, and a projection for its shortcut. */
export class BlockGroup extends Module<Net> {
  static readonly defaultName: string = "block_group";
  readonly blocks: readonly (BottleNeckBlockV1 | BottleNeckBlockV2)[];

  constructor(
    channels: number,
    numBlocks: number,
    stride: number,
    bnConfig: BatchNormOptions,
    options: { readonly resnetV2?: boolean; readonly name?: string } = {},
  ) {
    super(options.name);
    const Block = options.resnetV2 === true ? BottleNeckBlockV2 : BottleNeckBlockV1;
    this.blocks = withNameScope(this.nameScope, () => {
      return Array.from({ length: numBlocks }, (_, i) => {
        return new Block(channels, i === 0 ? stride : 1, i === 0, bnConfig, { name: `block_${i}` });
      });
    });
  }

  forward(x: Tensor, call: NetCall): Tensor {
    return this.blocks.reduce((value, block) => block(value, call), x);
  }
}

/**
 * `[batch, height, width, channels]` to `[batch, numClasses]` logits, by a convolution and four groups of
 * blocks.
 *
 * @see He et al. 2016, Deep Residual Learning; Identity Mappings in Deep Residual Networks (V2).
 */
export class ResNet extends Module<Net> {
  static readonly defaultName: string = "res_net";
  readonly resnetV2: boolean;
  readonly initialConv: Conv2D;
  readonly initialBatchnorm: BatchNorm | undefined;
  readonly finalBatchnorm: BatchNorm | undefined;
  readonly blockGroups: readonly BlockGroup[];
  readonly logits: Linear;

  /** @param blocksPerGroupList  four numbers: [3, 4, 6, 3] is the network of 50 layers. */
  constructor(
    blocksPerGroupList: readonly number[],
    numClasses: number,
    options: ResNetOptions = {},
  ) {
    super(options.name);
    const { resnetV2 = false, channelsPerGroupList = [256, 512, 1024, 2048] } = options;
    const bnConfig = { decayRate: 0.9, eps: 1e-5, ...options.bnConfig };
    for (const [name, list] of Object.entries({ blocksPerGroupList, channelsPerGroupList })) {
      if (list.length === 4) continue;
      const got = JSON.stringify(list);
      throw new UsageError("ResNet", `${name} must have four numbers`, { got });
    }
    const norm = (name: string): BatchNorm => new BatchNorm(true, true, { ...bnConfig, name });
    const parts = withNameScope(this.nameScope, () => ({
      initialConv: convolution(64, 7, 2, "initial_conv"),
      initialBatchnorm: resnetV2 ? undefined : norm("initial_batchnorm"),
      blockGroups: blocksPerGroupList.map((count, i) => {
        const [channels, stride] = [channelsPerGroupList[i] as number, i === 0 ? 1 : 2];
        return new BlockGroup(channels, count, stride, bnConfig, {
          ...{ resnetV2, name: `block_group_${i}` },
        });
      }),
      finalBatchnorm: resnetV2 ? norm("final_batchnorm") : undefined,
      logits: new Linear(numClasses, { wInit: Zeros(), name: "logits" }),
    }));
    this.resnetV2 = resnetV2;
    this.initialConv = parts.initialConv;
    this.initialBatchnorm = parts.initialBatchnorm;
    this.blockGroups = parts.blockGroups;
    this.finalBatchnorm = parts.finalBatchnorm;
    this.logits = parts.logits;
  }

  forward(x: Tensor, call: NetCall): Tensor {
    let y = this.initialConv(x);
    if (this.initialBatchnorm !== undefined) y = relu(this.initialBatchnorm(y, call));
    y = maxPool(y, 3, { stride: 2, padding: "same" });
    for (const group of this.blockGroups) y = group(y, call);
    if (this.finalBatchnorm !== undefined) y = relu(this.finalBatchnorm(y, call));
    return this.logits(mean(y, [1, 2]));
  }
}

/** The residual network of 50 layers. */
export class ResNet50 extends ResNet {
  static override readonly defaultName: string = "res_net50";

  constructor(numClasses: number, options: ResNetOptions = {}) {
    super([3, 4, 6, 3], numClasses, options);
  }
}
