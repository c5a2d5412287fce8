// Dropout.

import { UsageError } from "../errors.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Options of `Dropout`. */
export interface DropoutOptions {
  readonly generator?: Generator;
  readonly name?: string;
}

/**
 * In training drops each element with probability `rate` and scales the rest by 1 / (1 − rate);
 * otherwise returns its input.
 *
 * @see Srivastava et al. 2014, Dropout.
 */
export class Dropout extends Module<(x: Tensor, call: { isTraining: boolean }) => Tensor> {
  static readonly defaultName: string = "dropout";
  readonly rate: number;
  readonly #generator: Generator;

  constructor(rate: number, options: DropoutOptions = {}) {
    super(options.name);
    if (!(rate >= 0 && rate < 1)) {
      throw new UsageError("Dropout", "rate must be in [0, 1)", { got: `${rate}` });
    }
    this.rate = rate;
    this.#generator = options.generator ?? defaultGenerator;
  }

  forward(x: Tensor, call: { isTraining: boolean }): Tensor {
    return call.isTraining && this.rate > 0 ? this.#generator.dropout(x, this.rate) : x;
  }
}
