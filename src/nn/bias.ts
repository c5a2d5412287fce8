// A bias alone.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { add, mul } from "../ops/binary.ts";
import { type Shape, sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { type Initializer, Zeros } from "./initializers.ts";
import { Module } from "./module.ts";

/** Options of `Bias`. */
export interface BiasOptions {
  /** The shape of one example; checked if given. */
  readonly outputSize?: Shape;
  /**
   * Axes of the input that have numbers of their own; others share theirs. Default: all but the batch.
   * `[]` is one number for all.
   */
  readonly biasDims?: readonly number[];
  /** Default: zeros. */
  readonly bInit?: Initializer;
  readonly name?: string;
}

/** y = x + b, or x + multiplier · b. Variable: `b`, sized at the first call. */
export class Bias extends Module<(x: Tensor, call?: { readonly multiplier?: number }) => Tensor> {
  static readonly defaultName: string = "bias";
  readonly options: BiasOptions;
  b!: Variable;

  constructor(options: BiasOptions = {}) {
    super(options.name);
    this.options = options;
  }

  initialize(x: Tensor): void {
    if (this.b !== undefined) return;
    const { bInit = Zeros(), biasDims } = this.options;
    this.b = new Variable(bInit(biasShape(this.moduleName, x.shape, biasDims)), { name: "b" });
  }

  /** @throws {ShapeError} unless `x` has a batch axis and one more, and is of `outputSize`. */
  forward(x: Tensor, { multiplier }: { readonly multiplier?: number } = {}): Tensor {
    const { outputSize } = this.options;
    if (x.rank < 2) {
      throw new ShapeError(this.moduleName, "the input must have a batch axis and another", {
        got: shapeText(x.shape),
      });
    }
    if (outputSize !== undefined && !sameShape(x.shape.slice(1), outputSize)) {
      const got = shapeText(x.shape);
      throw new ShapeError(this.moduleName, `examples must be ${shapeText(outputSize)}`, { got });
    }
    this.initialize(x);
    return add(x, multiplier === undefined ? this.b : mul(this.b, multiplier));
  }
}

/** Ones but for the chosen axes, without the leading ones. */
function biasShape(name: string, shape: Shape, dims: readonly number[] | undefined): number[] {
  if (dims === undefined) return shape.slice(1);
  const { length: rank } = shape;
  const chosen = dims.map((dim) => (dim < 0 ? ((dim % rank) + rank) % rank : dim));
  const stranger = chosen.find((dim) => !Number.isInteger(dim) || dim === 0 || dim >= rank);
  if (stranger !== undefined) {
    throw new UsageError(name, "biasDims must be axes of the input other than the batch", {
      got: `${JSON.stringify(dims)} for ${shapeText(shape)}`,
    });
  }
  const sizes = shape.map((size, axis) => (chosen.includes(axis) ? size : 1)).slice(1);
  const first = sizes.findIndex((size) => size !== 1);
  return first < 0 ? [] : sizes.slice(first);
}
