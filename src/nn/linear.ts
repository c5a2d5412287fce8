// A dense layer.

import { ShapeError, shapeText } from "../errors.ts";
import { matmul } from "../ops/matmul.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { type Initializer, TruncatedNormal, Zeros } from "./initializers.ts";
import { Module } from "./module.ts";

/** Options of `Linear`. */
export interface LinearOptions {
  readonly withBias?: boolean;
  /** Default: truncated normal with deviation 1/√inputs, so that outputs keep the variance. */
  readonly wInit?: Initializer;
  /** Default: zeros. */
  readonly bInit?: Initializer;
  readonly name?: string;
}

/**
 * y = x · w + b over the last axis.
 *
 * Variables: `w [inputs, outputSize]`, `b [outputSize]`. Inputs are sized at the first call.
 */
export class Linear extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "linear";
  readonly outputSize: number;
  readonly options: LinearOptions;
  w!: Variable;
  b: Variable | undefined;

  constructor(outputSize: number, options: LinearOptions = {}) {
    super(options.name);
    this.outputSize = outputSize;
    this.options = options;
  }

  /** Runs once. Not by `@once`, for which bundles would carry the machinery of decorators. */
  initialize(x: Tensor): void {
    if (this.w !== undefined) return;
    const { wInit, bInit = Zeros(), withBias = true } = this.options;
    const inputs = x.shape.at(-1) as number;
    const init = wInit ?? TruncatedNormal(0, 1 / Math.sqrt(inputs));
    const [w, b] = [init([inputs, this.outputSize]), withBias && bInit([this.outputSize])];
    this.w = new Variable(w, { name: "w" });
    if (b) this.b = new Variable(b, { name: "b" });
  }

  /** @param x  `[…, inputs]`, at least of rank 2. */
  forward(x: Tensor): Tensor {
    if (x.rank < 2) {
      throw new ShapeError(this.moduleName, "the input must have a batch axis", {
        got: shapeText(x.shape),
        remedy: "Use x.expandDims(0) for a single example.",
      });
    }
    this.initialize(x);
    return matmul(x, this.w, this.b === undefined ? {} : { bias: this.b });
  }
}
