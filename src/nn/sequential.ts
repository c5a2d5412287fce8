// Functions one after the other.

import { UsageError } from "../errors.ts";
import { Module } from "./module.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A layer: a module or any function from a tensor to a tensor. */
export type Layer = (x: Tensor) => Tensor;

/**
 * The last layer of … the first of x; x itself if there are none. Plain functions are layers too. What else a call
 * brings is for the first layer.
 */
export class Sequential extends Module<(x: Tensor, ...rest: unknown[]) => Tensor> {
  static readonly defaultName: string = "sequential";
  readonly layers: readonly Layer[];

  constructor(layers: readonly Layer[] = [], name?: string) {
    super(name);
    const stranger = layers.findIndex((layer) => typeof layer !== "function");
    if (stranger >= 0) {
      const got = `${String(layers[stranger])} at ${stranger}`;
      throw new UsageError("Sequential", "every layer must be a module or a function", { got });
    }
    this.layers = [...layers];
  }

  forward(x: Tensor, ...rest: unknown[]): Tensor {
    const [first, ...others] = this.layers as readonly ((
      x: Tensor,
      ...rest: unknown[]
    ) => Tensor)[];
    if (first === undefined) return x;
    return others.reduce((value, layer) => layer(value), first(x, ...rest));
  }
}
