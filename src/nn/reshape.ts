// Reshape: another shape for all but the leading axes.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { reshape as reshapeOp } from "../ops/views.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Options of `Reshape`. */
export interface ReshapeOptions {
  /** Leading axes that stay. Default 1. */
  readonly preserveDims?: number;
  readonly name?: string;
}

/** `[B, …]` to `[B, ...outputShape]`, of which one length may be −1. */
export class Reshape extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "reshape";
  readonly outputShape: Shape;
  readonly preserveDims: number;
  #first: Shape | undefined;

  constructor(outputShape: Shape, { preserveDims = 1, name }: ReshapeOptions = {}) {
    super(name);
    if (!Number.isInteger(preserveDims) || preserveDims < 1) {
      const got = `${preserveDims}`;
      throw new UsageError(this.moduleName, "preserveDims must be at least 1", { got });
    }
    this.outputShape = [...outputShape];
    this.preserveDims = preserveDims;
  }

  forward(x: Tensor): Tensor {
    if (x.rank < this.preserveDims) {
      const got = `${shapeText(x.shape)} to keep ${this.preserveDims} axes of`;
      throw new ShapeError(this.moduleName, "the input has too few axes", { got });
    }
    this.#first ??= x.shape.slice(this.preserveDims);
    return reshapeOp(x, [...x.shape.slice(0, this.preserveDims), ...this.outputShape]);
  }

  /** A module that takes results back to the shape of the first input. */
  reversed(name = `${this.moduleName}_reversed`): Reshape {
    if (this.#first !== undefined) {
      return new Reshape(this.#first, { preserveDims: this.preserveDims, name });
    }
    throw new UsageError(`${this.moduleName}.reversed`, "the module must have seen an input", {
      remedy: "Call it once: then the shape to go back to is known.",
    });
  }
}
