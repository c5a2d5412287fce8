// Low-rank adapters: a layer that is trained by two small factors.

import { UsageError } from "../../errors.ts";
import { assign } from "../../ops/assign.ts";
import { add, mul } from "../../ops/binary.ts";
import { conv } from "../../ops/conv.ts";
import { zeros } from "../../ops/creation.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape } from "../../ops/views.ts";
import { scope } from "../../tensor/scope.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import type { ConvND } from "../convND.ts";
import { type Initializer, TruncatedNormal } from "../initializers.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { freeze } from "./freeze.ts";

/** Options of `LoRA`. */
export interface LoRAOptions {
  /** r: columns of the first factor. */
  readonly rank: number;
  /** α: the product is scaled by α / r. Default: the rank. */
  readonly alpha?: number;
  /** Of the first factor. Default: truncated normal with deviation 1/√inputs. */
  readonly aInit?: Initializer;
  readonly name?: string;
}

/**
 * A layer whose weights stay, with a product of two small factors beside them: y = layer(x) + α/r · x·a·b. At
 * first b is 0 and y is the layer's.
 *
 *     const adapted = new LoRA(layer, { rank: 8 });
 *
 * Variables: `a […, inputs, rank]`, `b [rank, outputs]`, and the layer's, which are frozen.
 *
 * @see Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models.
 */
export class LoRA extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "lora";
  readonly layer: Linear | ConvND;
  readonly options: LoRAOptions;
  a: Variable | undefined;
  b: Variable | undefined;

  /** @throws {UsageError} unless the rank is a positive whole number. */
  constructor(layer: Linear | ConvND, options: LoRAOptions) {
    super(options.name);
    if (!Number.isInteger(options.rank) || options.rank < 1) {
      const got = `${options.rank}`;
      throw new UsageError(this.moduleName, "rank must be a positive whole number", { got });
    }
    this.layer = layer;
    this.options = options;
  }

  /** α / r. */
  get scale(): number {
    const { rank, alpha = rank } = this.options;
    return alpha / rank;
  }

  /** @param x  as the layer takes it. */
  forward(x: Tensor): Tensor {
    const { layer } = this;
    const y = layer(x);
    if (this.a === undefined || this.b === undefined) this.#initialize();
    const [a, b] = [this.a as Variable, this.b as Variable];
    if (layer instanceof Linear) return add(y, mul(matmul(matmul(x, a), b), this.scale));
    const { stride, rate, dataFormat, kernelShape } = layer.settings;
    const { padding = "same" } = layer.options;
    const narrow = conv(x, a, { stride, dilation: rate, padding, dataFormat });
    const point = reshape(b, [...kernelShape.map(() => 1), ...b.shape]);
    return add(y, mul(conv(narrow, point, { dataFormat }), this.scale));
  }

  /** Adds the product to the layer's weights; the factors start anew, so that y stays as it is. */
  merge(): void {
    const [{ w }, a, b] = [this.layer, this.a, this.b];
    if (a === undefined || b === undefined) return;
    scope(() => {
      const product = matmul(reshape(a, [-1, this.options.rank]), b);
      assign(w, add(w, mul(reshape(product, w.shape), this.scale)));
      assign(b, zeros(b.shape));
    });
  }

  #initialize(): void {
    const { rank, aInit } = this.options;
    const { shape } = this.layer.w;
    const before = shape.slice(0, -1);
    const init = aInit ?? TruncatedNormal(0, 1 / Math.sqrt(sizeOf(before)));
    const [a, b] = [init([...before, rank]), zeros([rank, shape.at(-1) as number])];
    this.a = new Variable(a, { name: "a" });
    this.b = new Variable(b, { name: "b" });
    freeze(this.layer as unknown as Module);
  }
}
