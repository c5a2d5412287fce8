// Attention of several heads.

import { ShapeError, UsageError, shapeText } from "../../errors.ts";
import { type AttentionOptions, scaledDotProductAttention } from "../../ops/attention.ts";
import { cast } from "../../ops/cast.ts";
import { type RotaryOptions, rotaryEmbedding } from "../../ops/rotaryEmbedding.ts";
import { reshape, transpose } from "../../ops/views.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Initializer } from "../initializers.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import type { Stepped } from "../recurrent/rnnCore.ts";
import { type KeyValueCache, emptyCache, lookBack, written } from "./keyValueCache.ts";

/** Options of `MultiHeadAttention`. */
export interface MultiHeadAttentionOptions {
  readonly numHeads: number;
  /** Heads of keys and values, each for as many heads of queries. Default: `numHeads`. */
  readonly numKeyValueHeads?: number;
  /** Length of a head's queries and keys. Default: features of the query / numHeads. */
  readonly keySize?: number;
  /** Length of a head's values. Default: `keySize`. */
  readonly valueSize?: number;
  /** Length of the outputs. Default: features of the query. */
  readonly modelSize?: number;
  /** Turns queries and keys by their positions. Default: no. */
  readonly rotary?: boolean | RotaryOptions;
  /** Default true. */
  readonly withBias?: boolean;
  readonly wInit?: Initializer;
  readonly name?: string;
}

/** How attention is called. */
export interface AttentionCall extends AttentionOptions {
  /** `[batch, keys, features]`: what is attended to. Default: the query itself. */
  readonly key?: Tensor;
  /** `[batch, keys, features]`. Default: the keys. */
  readonly value?: Tensor;
}

/** How a step of attention is called: as `forward` was in training. */
export type AttentionStepOptions = Pick<AttentionOptions, "scale" | "softCap">;

/**
 * Attention of several heads: queries, keys and values are linear in the inputs, each head averages values
 * by how well keys fit its queries, and the output is linear in what the heads give.
 *
 *     const attention = new MultiHeadAttention({ numHeads: 8 });
 *     attention(x, { isCausal: true }); // of x to itself
 *     attention(x, { key: memory });    // to something else
 *
 * A few positions at a time, with the same results as causal attention to all of them:
 *
 *     let cache = attention.initialState(batchSize, length);
 *     [y, cache] = attention.step(x, cache, position);
 *
 * Variables: `query`, `key`, `value` and `output`, a `Linear` each.
 *
 * @see Vaswani et al. 2017, Attention Is All You Need; Ainslie et al. 2023, GQA.
 */
export class MultiHeadAttention extends Module<(query: Tensor, call?: AttentionCall) => Tensor> {
  static readonly defaultName: string = "multi_head_attention";
  readonly options: MultiHeadAttentionOptions;
  query: Linear | undefined;
  key: Linear | undefined;
  value: Linear | undefined;
  output: Linear | undefined;

  /** @throws {UsageError} if the heads cannot share keys. */
  constructor(options: MultiHeadAttentionOptions) {
    super(options.name);
    const { numHeads, numKeyValueHeads = numHeads } = options;
    if (![numHeads, numKeyValueHeads].every((n) => Number.isInteger(n) && n > 0)) {
      const got = `${numHeads} and ${numKeyValueHeads}`;
      throw new UsageError(this.moduleName, "numbers of heads must be whole and positive", { got });
    }
    if (numHeads % numKeyValueHeads !== 0) {
      const got = `${numHeads} and ${numKeyValueHeads}`;
      throw new UsageError(this.moduleName, "numHeads must be a multiple of numKeyValueHeads", {
        got,
      });
    }
    this.options = options;
  }

  initialize(features: number): void {
    if (this.output !== undefined) return;
    const { numHeads, numKeyValueHeads = numHeads, withBias = true, wInit } = this.options;
    const keySize = this.options.keySize ?? features / numHeads;
    const valueSize = this.options.valueSize ?? keySize;
    if (!Number.isInteger(keySize)) {
      throw new ShapeError(this.moduleName, "numHeads must divide the features of the query", {
        got: `${features} features and ${numHeads} heads`,
        remedy: "Or say a keySize.",
      });
    }
    withNameScope(this.nameScope, () => {
      const given = { withBias, ...(wInit && { wInit }) };
      this.query = new Linear(numHeads * keySize, { ...given, name: "query" });
      this.key = new Linear(numKeyValueHeads * keySize, { ...given, name: "key" });
      this.value = new Linear(numKeyValueHeads * valueSize, { ...given, name: "value" });
      const outputs = this.options.modelSize ?? features;
      this.output = new Linear(outputs, { ...given, name: "output" });
    });
  }

  /**
   * @param query  `[batch, queries, features]`.
   * @returns      `[batch, queries, modelSize]`.
   * @throws {ShapeError} unless all inputs have three axes.
   */
  forward(query: Tensor, call: AttentionCall = {}): Tensor {
    const { key = query, value = key, ...rest } = call;
    for (const x of [query, key, value]) {
      if (x.rank === 3) continue;
      throw new ShapeError(this.moduleName, "inputs must be [batch, positions, features]", {
        got: shapeText(x.shape),
      });
    }
    this.initialize(query.shape[2] as number);
    const { rotary = false } = this.options;
    const { q, k, v } = this.#project(query, key, value, rotary === true ? {} : rotary);
    return this.#attend(q, k, v, rest);
  }

  /**
   * The cache before the first position.
   *
   * @param length  of the longest sequence.
   * @throws {UsageError} if the module has not seen an input, which says how long keys are.
   */
  initialState(batchSize: number, length: number): KeyValueCache {
    const { numHeads, numKeyValueHeads = numHeads } = this.options;
    if (this.key === undefined || this.value === undefined) {
      throw new UsageError(this.moduleName, "the size of the keys must be known", {
        remedy: "Call the module once before, or restore its variables.",
      });
    }
    const sizes = [this.key, this.value].map((one) => one.outputSize / numKeyValueHeads);
    const [keySize, valueSize] = sizes as [number, number];
    return emptyCache([batchSize, numKeyValueHeads, length], keySize, valueSize);
  }

  /**
   * Causal attention of the next positions to themselves and all before.
   *
   * @param x         `[batch, T, features]`, the elements at `position` … `position` + T − 1.
   * @param cache     of the positions before.
   * @param position  i32, one number; may change from call to call of a compiled function.
   * @returns         `[batch, T, modelSize]`, and the cache with x in it.
   */
  step(
    x: Tensor,
    cache: KeyValueCache,
    position: Tensor,
    options: AttentionStepOptions = {},
  ): Stepped<KeyValueCache> {
    this.initialize(x.shape[2] as number);
    const { rotary = false } = this.options;
    const [length, count] = [cache.keys.shape[2] as number, x.shape[1] as number];
    const turning = rotary === true ? {} : rotary;
    const place = turning === false ? false : { ...turning, offset: position, length };
    const { q, k, v } = this.#project(x, x, x, place);
    const keys = written(cache.keys, k, position);
    const values = written(cache.values, v, position);
    const mask = lookBack(position, count, length);
    const y = this.#attend(cast(q, keys.dtype), keys, values, { ...options, mask });
    return [cast(y, x.dtype), { keys, values }];
  }

  /** Queries, keys and values by head, `[batch, heads, T, size]`, turned if they are to be. */
  #project(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    rotary: RotaryOptions | false,
  ): { q: Tensor; k: Tensor; v: Tensor } {
    const { numHeads, numKeyValueHeads = numHeads } = this.options;
    const turned = (x: Tensor): Tensor => (rotary === false ? x : rotaryEmbedding(x, rotary));
    return {
      q: turned(heads((this.query as Linear)(query), numHeads)),
      k: turned(heads((this.key as Linear)(key), numKeyValueHeads)),
      v: heads((this.value as Linear)(value), numKeyValueHeads),
    };
  }

  #attend(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
    const { numHeads, numKeyValueHeads = numHeads } = this.options;
    const y =
      numKeyValueHeads < numHeads
        ? shared(q, k, v, numKeyValueHeads, options)
        : scaledDotProductAttention(q, k, v, options);
    const [batch, , queries] = q.shape as [number, number, number];
    const together = reshape(transpose(y, [0, 2, 1, 3]), [batch, queries, -1]);
    return (this.output as Linear)(together);
  }
}

/** `[B, T, H·D]` to `[B, H, T, D]`. */
function heads(x: Tensor, count: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, length, count, width / count]), [0, 2, 1, 3]);
}

/** Attention whose heads share keys and values in groups. */
function shared(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  groups: number,
  options: AttentionOptions,
): Tensor {
  const [batch, count, queries, depth] = q.shape as [number, number, number, number];
  const grouped = reshape(q, [batch, groups, count / groups, queries, depth]);
  const alone = (x: Tensor): Tensor => reshape(x, x.shape.toSpliced(2, 0, 1));
  const { mask, ...rest } = options;
  const heads = mask?.shape.at(-3);
  const split = heads === count ? [groups, count / groups] : [1, 1];
  const wide =
    heads === undefined ? mask : mask && reshape(mask, mask.shape.toSpliced(-3, 1, ...split));
  const y = scaledDotProductAttention(grouped, alone(k), alone(v), {
    ...rest,
    ...(wide && { mask: wide }),
  });
  return reshape(y, [batch, count, queries, y.shape.at(-1) as number]);
}
