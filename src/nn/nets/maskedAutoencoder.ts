// Encoder and decoder of a masked autoencoder: transformers over patches at given places.

import { add, mul, sub } from "../../ops/binary.ts";
import { ones, zeros } from "../../ops/creation.ts";
import { scatter } from "../../ops/elements.ts";
import { broadcastTo } from "../../ops/sum.ts";
import { expandDims } from "../../ops/views.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { TransformerBlock } from "../attention/transformerBlock.ts";
import { TruncatedNormal } from "../initializers.ts";
import { LayerNorm } from "../layerNorm.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { takePlaces } from "../patches.ts";

/** Options of `PatchEncoder`. */
export interface PatchEncoderOptions {
  /** Patches of a whole image. */
  readonly places: number;
  /** Length of a patch's vector. */
  readonly size: number;
  readonly layers: number;
  readonly numHeads: number;
  /** Of the hidden layers. Default: four times the size. */
  readonly hiddenSize?: number;
  readonly name?: string;
}

/** Options of `PatchDecoder`. */
export interface PatchDecoderOptions extends PatchEncoderOptions {
  /** Values of a patch. */
  readonly outputSize: number;
}

/** Deviation of learned places and tokens at first. */
const NARROW = 0.02;

/** Blocks and the norm behind them, named within a module. */
function stack(scope: string, options: PatchEncoderOptions): [TransformerBlock[], LayerNorm] {
  const { layers, numHeads, hiddenSize } = options;
  return withNameScope(scope, () => [
    Array.from({ length: layers }, (_, i) => {
      const given = { numHeads, ...(hiddenSize !== undefined && { hiddenSize }) };
      return new TransformerBlock({ ...given, name: `block_${i}` });
    }),
    new LayerNorm(-1, true, true, { name: "norm" }),
  ]);
}

/**
 * A vector per patch: linear in the patch, with a learned vector of its place added, then transformer
 * blocks among the patches that there are, and a norm. A vision transformer without a class token.
 *
 *     const encoder = new PatchEncoder({ places: 49, size: 64, layers: 4, numHeads: 4 });
 *     encoder(patchify(images, 4)).mean(1); // a representation of each whole image
 *
 * @see Dosovitskiy et al. 2021, An Image is Worth 16x16 Words.
 */
export class PatchEncoder extends Module<(patches: Tensor, places?: Tensor) => Tensor> {
  static readonly defaultName: string = "patch_encoder";
  readonly options: PatchEncoderOptions;
  readonly embed: Linear;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  positions: Variable | undefined;

  constructor(options: PatchEncoderOptions) {
    super(options.name);
    this.options = options;
    [this.blocks, this.norm] = stack(this.nameScope, options);
    this.embed = withNameScope(this.nameScope, () => new Linear(options.size, { name: "embed" }));
  }

  /**
   * @param patches  `[batch, taken, values]`.
   * @param places   `[batch, taken]` i32: where they belong. Default: all in order.
   * @returns        `[batch, taken, size]`.
   */
  forward(patches: Tensor, places?: Tensor): Tensor {
    const { places: count, size } = this.options;
    this.positions ??= learned([count, size], "positions");
    const at = places === undefined ? this.positions : takePlaces(this.positions, places);
    let x = add(this.embed(patches), at);
    for (const block of this.blocks) x = block(x);
    return this.norm(x);
  }
}

/**
 * Values of all patches from the vectors of some: where there is none stands a learned token; a learned
 * vector of the place is added, then come transformer blocks, a norm, and a linear layer.
 *
 * @see He et al. 2022, Masked Autoencoders Are Scalable Vision Learners, §3.
 */
export class PatchDecoder extends Module<(latents: Tensor, places: Tensor) => Tensor> {
  static readonly defaultName: string = "patch_decoder";
  readonly options: PatchDecoderOptions;
  readonly embed: Linear;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly output: Linear;
  positions: Variable | undefined;
  token: Variable | undefined;

  constructor(options: PatchDecoderOptions) {
    super(options.name);
    this.options = options;
    [this.blocks, this.norm] = stack(this.nameScope, options);
    [this.embed, this.output] = withNameScope(this.nameScope, () => [
      new Linear(options.size, { name: "embed" }),
      new Linear(options.outputSize, { name: "output" }),
    ]);
  }

  /**
   * @param latents  `[batch, taken, features]`.
   * @param places   `[batch, taken]` i32: where they belong, none twice.
   * @returns        `[batch, places, outputSize]`.
   */
  forward(latents: Tensor, places: Tensor): Tensor {
    const { places: count, size } = this.options;
    this.positions ??= learned([count, size], "positions");
    this.token ??= learned([size], "token");
    const given = this.embed(latents);
    const [batch = 0] = given.shape;
    const spread = (x: Tensor): Tensor => {
      const ids = broadcastTo(expandDims(places, 2), x.shape);
      const empty = zeros([batch, count, x.shape[2] as number]);
      return scatter(empty, ids, x, { axis: 1, mode: "add" });
    };
    const isThere = spread(ones([...places.shape, 1])); // [batch, places, 1]
    let x = add(spread(given), mul(this.token, sub(1, isThere)));
    x = add(x, this.positions);
    for (const block of this.blocks) x = block(x);
    return this.output(this.norm(x));
  }
}

function learned(shape: readonly number[], name: string): Variable {
  return new Variable(TruncatedNormal(0, NARROW)(shape), { name });
}
