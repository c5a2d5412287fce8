// A transformer's block: attention and a small network, each added to what it gets.

import { gelu } from "../../ops/activations.ts";
import { add } from "../../ops/binary.ts";
import { type Generator, defaultGenerator } from "../../ops/random.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { requireIsTraining } from "../isTraining.ts";
import { LayerNorm } from "../layerNorm.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import type { Stepped } from "../recurrent/rnnCore.ts";
import { RMSNorm } from "../rmsNorm.ts";
import type { KeyValueCache } from "./keyValueCache.ts";
import {
  type AttentionCall,
  type AttentionStepOptions,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from "./multiHeadAttention.ts";

/** Options of `TransformerBlock`. */
export interface TransformerBlockOptions extends MultiHeadAttentionOptions {
  /** Length of the hidden layer. Default: four times the features. */
  readonly hiddenSize?: number;
  /** Of the hidden layer. Default: gelu. */
  readonly activation?: (x: Tensor) => Tensor;
  /** Norms before attention and network ("pre", default), or after the sums ("post"). */
  readonly normPlace?: "pre" | "post";
  /** Default "layer". */
  readonly norm?: "layer" | "rms";
  /** Probability of dropping an element of what is added. Calls must then say whether they train. */
  readonly dropoutRate?: number;
  /** Of dropout. */
  readonly generator?: Generator;
}

const same = (y: Tensor): Tensor => y;

/** How a block is called. */
export interface TransformerCall extends AttentionCall {
  readonly isTraining?: boolean;
}

/**
 * A block of a transformer:
 *
 *     x ← x + attention(norm(x)),  x ← x + linear(activation(linear(norm(x))))
 *
 *     const block = new TransformerBlock({ numHeads: 4 });
 *     block(x, { isCausal: true });
 *     [y, cache] = block.step(x, cache, position); // the same, a few positions at a time
 *
 * @see Vaswani et al. 2017, Attention Is All You Need; Xiong et al. 2020 for the place of the norms.
 */
export class TransformerBlock extends Module<(x: Tensor, call?: TransformerCall) => Tensor> {
  static readonly defaultName: string = "transformer_block";
  readonly options: TransformerBlockOptions;
  readonly attention: MultiHeadAttention;
  readonly attentionNorm: LayerNorm | RMSNorm;
  readonly networkNorm: LayerNorm | RMSNorm;
  hidden: Linear | undefined;
  output: Linear | undefined;

  constructor(options: TransformerBlockOptions) {
    super(options.name);
    this.options = options;
    const norm = (name: string): LayerNorm | RMSNorm =>
      options.norm === "rms" ? new RMSNorm({ name }) : new LayerNorm(-1, true, true, { name });
    [this.attention, this.attentionNorm, this.networkNorm] = withNameScope(this.nameScope, () => [
      new MultiHeadAttention({ ...options, name: "attention" }),
      norm("attention_norm"),
      norm("network_norm"),
    ]);
  }

  /**
   * @param x  `[batch, positions, features]`.
   * @throws {UsageError} unless `isTraining` is given where there is dropout.
   */
  forward(x: Tensor, call: TransformerCall = {}): Tensor {
    const { isTraining, ...rest } = call;
    const { dropoutRate = 0, generator = defaultGenerator } = this.options;
    if (dropoutRate > 0) requireIsTraining(this.moduleName, call);
    const drop = (y: Tensor): Tensor =>
      isTraining === true && dropoutRate > 0 ? generator.dropout(y, dropoutRate) : y;
    const attended = this.#within(x, this.attentionNorm, drop, (y) => this.attention(y, rest));
    return this.#within(attended, this.networkNorm, drop, (y) => this.#network(y));
  }

  /**
   * The cache before the first position.
   *
   * @param length  of the longest sequence.
   * @throws {UsageError} if the module has not seen an input.
   */
  initialState(batchSize: number, length: number): KeyValueCache {
    return this.attention.initialState(batchSize, length);
  }

  /**
   * The next positions, which look at themselves and all before. Nothing is dropped.
   *
   * @param x         `[batch, T, features]`, the elements at `position` … `position` + T − 1.
   * @param position  i32, one number.
   * @returns         of the shape of `x`, and the cache with x in it.
   */
  step(
    x: Tensor,
    cache: KeyValueCache,
    position: Tensor,
    options: AttentionStepOptions = {},
  ): Stepped<KeyValueCache> {
    return withNameScope(this.nameScope, () => {
      let next = cache;
      const attended = this.#within(x, this.attentionNorm, same, (y) => {
        const [output, after] = this.attention.step(y, cache, position, options);
        next = after;
        return output;
      });
      return [this.#within(attended, this.networkNorm, same, (y) => this.#network(y)), next];
    });
  }

  /** What `inner` makes of x added to it, with a norm before or behind. */
  #within(
    x: Tensor,
    norm: LayerNorm | RMSNorm,
    drop: (y: Tensor) => Tensor,
    inner: (y: Tensor) => Tensor,
  ): Tensor {
    const { normPlace = "pre" } = this.options;
    return normPlace === "pre" ? add(x, drop(inner(norm(x)))) : norm(add(x, drop(inner(x))));
  }

  #network(x: Tensor): Tensor {
    const features = x.shape.at(-1) as number;
    const { hiddenSize = 4 * features, activation = gelu, wInit, withBias = true } = this.options;
    const given = { withBias, ...(wInit && { wInit }) };
    this.hidden ??= new Linear(hiddenSize, { ...given, name: "hidden" });
    this.output ??= new Linear(features, { ...given, name: "output" });
    return this.output(activation(this.hidden(x)));
  }
}
