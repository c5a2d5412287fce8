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
import { RMSNorm } from "../rmsNorm.ts";
import {
  type AttentionCall,
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
    const { normPlace = "pre", dropoutRate = 0, generator = defaultGenerator } = this.options;
    if (dropoutRate > 0) requireIsTraining(this.moduleName, call);
    const drop = (y: Tensor): Tensor =>
      isTraining === true && dropoutRate > 0 ? generator.dropout(y, dropoutRate) : y;
    const within = (
      input: Tensor,
      norm: LayerNorm | RMSNorm,
      inner: (y: Tensor) => Tensor,
    ): Tensor =>
      normPlace === "pre"
        ? add(input, drop(inner(norm(input))))
        : norm(add(input, drop(inner(input))));
    const attended = within(x, this.attentionNorm, (y) => this.attention(y, rest));
    return within(attended, this.networkNorm, (y) => this.#network(y));
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
