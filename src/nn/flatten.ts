// Flatten: everything after the batch axes in one axis.

import { ShapeError, shapeText } from "../errors.ts";
import { reshape } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Options of `Flatten`. */
export interface FlattenOptions {
  /** Leading axes that stay. Default 1. */
  readonly preserveDims?: number;
  readonly name?: string;
}

/** `[B, …]` to `[B, product of the rest]`. */
export class Flatten extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "flatten";
  readonly preserveDims: number;

  constructor(options: FlattenOptions = {}) {
    super(options.name);
    this.preserveDims = options.preserveDims ?? 1;
  }

  forward(x: Tensor): Tensor {
    if (x.rank < this.preserveDims) {
      const got = `${shapeText(x.shape)} to keep ${this.preserveDims} axes of`;
      throw new ShapeError(this.moduleName, "the input has too few axes", { got });
    }
    return reshape(x, [...x.shape.slice(0, this.preserveDims), -1]);
  }
}

/** `[B, …]` to `[B, product of the rest]`: `Flatten` without a module. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] ?? 1, -1]);
}
