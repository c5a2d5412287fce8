// Several leading axes taken as one batch.

import { UsageError } from "../errors.ts";
import { reshape } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AnyFunction, Module } from "./module.ts";
import { mapLeaves } from "./tree.ts";

/** `[d₀, …, dₙ₋₁, …rest]` to `[d₀ · … · dₙ₋₁, …rest]`; `x` itself if it has fewer axes. */
export function mergeLeadingDims(x: Tensor, numDims: number): Tensor {
  if (numDims > x.rank) return x;
  const merged = x.shape.slice(0, numDims).reduce((product, n) => product * n, 1);
  return reshape(x, [merged, ...x.shape.slice(numDims)]);
}

/** The first axis of `x` as the first `numDims` of `example`. */
export function splitLeadingDim(x: Tensor, example: Tensor, numDims: number): Tensor {
  return reshape(x, [...example.shape.slice(0, numDims), ...x.shape.slice(1)]);
}

/** A module for batches of examples, applied to `[T, B, …]`, say: over both axes at once. */
export class BatchApply extends Module<(...args: unknown[]) => Tensor> {
  static readonly defaultName: string = "batch_apply";
  readonly module: AnyFunction;
  readonly numDims: number;

  constructor(module: AnyFunction, numDims = 2, name?: string) {
    super(name);
    this.module = module;
    this.numDims = numDims;
  }

  /**
   * Merges the leading axes of every tensor among the arguments, and splits that of every tensor in the
   * result by the first argument.
   *
   * @throws {UsageError} if there is no tensor among the arguments.
   */
  forward(...args: unknown[]): Tensor {
    let example: Tensor | undefined;
    const merged = mapLeaves(args, (x) => {
      example ??= x;
      return mergeLeadingDims(x, this.numDims);
    }) as unknown[];
    if (example === undefined) {
      throw new UsageError(this.moduleName, "there must be a tensor among the arguments", {});
    }
    const first = example;
    const result = (this.module as unknown as (...all: unknown[]) => unknown)(...merged);
    return mapLeaves(result, (y) => splitLeadingDim(y, first, this.numDims)) as Tensor;
  }
}
